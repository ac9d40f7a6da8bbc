# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 08 Bab hasil: dari rencana ke laporan yang dapat diperiksa
#
# Buku catatan 01 sampai 07 berjalan selangkah demi selangkah. Sebuah tesis memerlukan satu hal lagi: semua langkah ditetapkan
# lebih dahulu, dijalankan sekaligus, dan dapat dihitung ulang oleh siapa pun. Itulah yang disebut *studi*: sebuah rencana dalam
# berkas `study.toml` dan sebuah folder hasil. Buku catatan ini membawa sebuah studi kecil dari rencana sampai menjadi bab hasil.
# Sampel ini **simulasi**. Untuk studi Anda, ubah sel berikutnya.

# %% tags=["parameters"]
# Ubah hanya sel ini.
study = None  # folder studi Anda, ".." bila ada rencana dari `cgsurvey new`; None: rencana di bawah ini
leave_out = "district"  # kolom berkas: setiap nilainya dikeluarkan satu kali pada bagian 5
plan = """study = {title = "Kepercayaan, kepemimpinan, dan daya tanggap layanan", language = "id", seed = 20261122}
data = {file = "same.csv", instrument = "cgsurvey_core", cluster = "office", weights = "weight", simulated = true}
screening = {max_missing = 0.20, attention = true}
estimation = {estimator = "MLR", missing = "fiml"}
measurement = {model = "first_order", constructs = ["leadership", "mutual_trust", "psq_responsiveness"]}
structure = {model = "psq_responsiveness ~ leadership + mutual_trust"}
hypotheses = {H1 = "psq_responsiveness ~ leadership > 0", H2 = "psq_responsiveness ~ mutual_trust > 0"}"""

# %% [markdown]
# ## 1. Rencana
#
# Siapa yang dikeluarkan, model mana, penduga mana, hipotesis apa: masing-masing adalah pilihan, dan setiap pilihan yang dibuat
# setelah melihat hasil sedikit membelokkan hasil itu. Karena itu rencana ditulis lebih dahulu. `cgsurvey new studi_saya`
# menulis rencana beserta penjelasannya untuk diisi.

# %%
import shutil
from pathlib import Path
import cgsurvey as cg
from cgsurvey.base.data import shipped

folder = Path("studi_saya" if study is None else study)
if study is None:
    folder.mkdir(exist_ok=True)
    shutil.copy(shipped("sample") / "same.csv", folder)
    (folder / "study.toml").write_text(plan, encoding="utf-8")

# %% [markdown]
# ## 2. Mendaftarkannya
#
# Catatan pendaftaran memuat rencana, sidik digital (*hash*), dan tanggalnya. Setiap analisis berikutnya dibandingkan dengan
# catatan itu. Berkas milik sendiri tidak membuktikan tanggal: kirimkan salinannya kepada pembimbing, atau simpan di registri
# publik (Nosek dkk., 2018).

# %%
record = folder / "registration.json"
if not record.exists():
    cg.register(folder)
print(*record.read_text(encoding="utf-8").splitlines()[1:4], sep="\n")

# %% [markdown]
# ## 3. Menjalankannya
#
# Satu perintah membaca, menyaring, mendeskripsikan, mengukur, mengestimasi, memutuskan hipotesis, dan menulis laporan. Di
# baris perintah: `cgsurvey run studi_saya`. Hasil terdahulu diganti hanya karena `force=True` menyatakannya.

# %%
result = cg.run_study(folder, force=True)
print("bagian: ", *result.parts)
print("ditulis:", *sorted(file.name for file in (folder / "results").iterdir()))

# %%
cg.diagram(result.parts["structure"], language="id")

# %%
cg.table(result.parts["hypotheses"], language="id")

# %%
cg.narrate(result.parts["structure"], language="id")

# %% [markdown]
# **Cara membaca:** `report.docx` adalah bab hasil itu: tabel, gambar, teks, keterbatasan, dan daftar pustaka, dalam urutan
# sebuah tesis. Kalimatnya adalah draf. Program mengenal angka, tetapi tidak mengenal kasus Anda: siapa para mitra itu, apa yang
# terjadi pada tahun itu, mengapa suatu jalur lemah. Bacalah setiap kalimat bersama tabelnya, lalu tulislah dengan kata-kata
# Anda sendiri.
#
# Kampus Anda memiliki templat? `report = {template = "kampus.docx"}` memakai gayanya; `languages = ["en"]` menambahkan laporan
# berbahasa Inggris, dan `dialect="thesis"` pada `cg.table` memakai istilah tesis Indonesia.
#
# ## 4. Bagaimana bila rencana berubah?
#
# Rencana pasti berubah: sebuah kantor tidak mengirim jawaban, sebuah butir salah dipahami. Mengubah rencana bukan kesalahan;
# menyembunyikan perubahan itulah kesalahannya. Di sini penyaringan diperketat setelah hasilnya diketahui.

# %%
text = (folder / "study.toml").read_text(encoding="utf-8")
changed = folder / "changed.toml"
changed.write_text(text.replace("max_missing = 0.20", "max_missing = 0.05"), encoding="utf-8")
later = cg.run_study(changed, write=False)
changed.unlink()
cg.table(later.parts["registration"], language="id")

# %% [markdown]
# **Cara membaca:** tabel ini tercantum dalam laporan setiap kali rencananya berubah, entri demi entri. Berikan alasan untuk
# masing-masing.
#
# ## 5. Apakah pilihan lain akan memberi cerita lain?
#
# Peneliti lain mungkin mempertahankan responden yang ceroboh, mengabaikan kantor, atau memperlakukan jawaban sebagai data
# ordinal. Hipotesis yang sama diputuskan kembali untuk setiap pilihan itu, satu demi satu, dan dengan satu kabupaten/kota
# dikeluarkan secara bergantian (Simonsohn, Simmons & Nelson, 2020). Dengan model yang besar hal ini memerlukan beberapa menit.

# %%
from cgsurvey.study import read_plan

chosen = read_plan(folder)
data_file = folder / str(chosen.data.file)
answers = cg.load_sample() if study is None else cg.read_responses(data_file, chosen.data.instrument)
others = {"estimators": ["MLR", "ML", "WLSMV"], "missing": ["fiml", "listwise"], "leave_out": leave_out}
others |= {"hypotheses": chosen.hypotheses, "screening": cg.screen(answers, **chosen.screening)}
survives = cg.fragility(result.parts["structure"].model, answers, **others)
cg.table(survives, language="id")

# %%
cg.plot(survives, language="id")

# %%
cg.narrate(survives, language="id")

# %% [markdown]
# **Cara membaca:** setiap titik adalah satu cara menganalisis jawaban yang sama. Kesimpulan yang bertahan pada semuanya tidak
# bergantung pada pilihan *yang divariasikan*; apakah modelnya benar, atau apakah anak panahnya mengarah ke sebaliknya, tidak
# dapat dijawab oleh gambar seperti ini. Kesimpulan yang gugur karena satu pilihan dilaporkan bersama pilihan itu.
#
# ## 6. Dapatkah diperiksa?
#
# Studi dihitung ulang dari rencana dan berkas datanya, lalu setiap angka dan kalimat yang tertulis dibandingkan dengan hasil
# yang keluar sekarang. Di baris perintah: `cgsurvey verify studi_saya`.

# %%
checked = cg.verify(folder)
print("tidak ada yang berbeda:", checked.clean)
checked.glance()

# %% [markdown]
# **Cara membaca:** serahkan tiga hal: rencana, data tanpa nama, dan hasilnya. Siapa pun yang memiliki versi perangkat lunak yang
# sama dapat melakukan pemeriksaan ini. Lakukan sendiri pada hari Anda mencetak tesis.
#
# ## Latihan
#
# 1. Buka `studi_saya/results/report.html` dengan penyunting teks, ubah satu angka pada sebuah koefisien, simpan, lalu panggil
#    `cg.verify(folder)` kembali. Apa isi `differences`?
# 2. Tambahkan hipotesis ketiga ke dalam rencana, `psq_responsiveness ~ mutual_understanding > 0`. Apa lagi yang harus diubah
#    dalam rencana itu?
# 3. Tulislah paragraf "Penyimpangan dari rencana" untuk bagian 4.
#
# <details><summary>Jawaban</summary>
#
# 1. Satu baris: berkasnya, letak angkanya, apa yang tercetak, dan apa yang dihitung.
# 2. Konstruk itu harus diukur dan terdapat dalam jalur: `constructs = [..., "mutual_understanding"]` dan
#    `structure = {model = "psq_responsiveness ~ leadership + mutual_trust + mutual_understanding"}`. Hipotesis tentang jalur yang
#    tidak ada dalam model menimbulkan pesan kesalahan yang menyebut jalur itu.
# 3. Misalnya: "Rencana mengizinkan 20 % jawaban kosong. Setelah hasilnya diketahui, batas itu diturunkan menjadi 5 % karena ...;
#    keputusan atas semua hipotesis tetap sama (lihat perbandingan spesifikasi)."
#
# </details>
#
# **Sumber:** Nosek, Ebersole, DeHaven & Mellor (2018); Simonsohn, Simmons & Nelson (2020); Steegen, Tuerlinckx, Gelman &
# Vanpaemel (2016). Rujukan lengkap tercantum pada akhir setiap laporan.
