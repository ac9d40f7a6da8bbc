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
# # 01 Mulai cepat: dari berkas lapangan ke laporan
#
# Buku catatan ini membawa survei tata kelola kolaboratif dan mutu layanan dari hasil ekspor alat survei sampai menjadi
# laporan Word. Semuanya berjalan apa adanya dengan sampel **simulasi**. Untuk studi Anda, ubah satu sel saja, yaitu sel
# berikutnya.

# %% tags=["parameters"]
# Ubah hanya sel ini.
data_file = None  # berkas Anda, misalnya "data/ekspor_saya.csv"; None: sampel simulasi
instrument = "cgsurvey_core"  # nama di bank instrumen, atau berkas sendiri, misalnya "instrument.yaml"
measurement = "second_order"  # cara butir mengukur konstruk
constructs = ["principled_engagement", "shared_motivation", "capacity_joint_action", "service_quality"]
paths = """
shared_motivation ~ principled_engagement
capacity_joint_action ~ shared_motivation + principled_engagement
service_quality ~ capacity_joint_action + shared_motivation + principled_engagement
"""

# %% [markdown]
# ## 1. Membaca jawaban
#
# Pembaca berkas mengenali kode maupun label dalam bahasa Indonesia dan Inggris, menemukan butir melalui nama atau teks
# pertanyaan, memisahkan alasan jawaban kosong, dan menyebut semua kesalahan berkas sekaligus. Tidak ada yang diperbaiki
# diam-diam.

# %%
import cgsurvey as cg

answers = cg.load_sample() if data_file is None else cg.read_responses(data_file, instrument)
questionnaire = cg.load_instrument(instrument)
answers.describe_import("id")

# %% [markdown]
# ## 2. Apakah jawaban layak dipakai?
#
# Penyaringan hanya menandai, tidak pernah menghapus. Aturan berlaku hanya bila disebut, dan siapa yang dikeluarkan
# tercatat dalam log.

# %%
screening = cg.screen(answers, max_missing=0.20, longstring=20, attention=True)
cg.table(screening, language="id")

# %%
kept = screening.keep()
kept.exclusions.head()

# %% [markdown]
# **Cara membaca:** tabel menunjukkan berapa responden yang ditandai oleh setiap aturan. Periksa beberapa baris yang
# ditandai di berkas Anda sebelum mempercayai suatu aturan, dan laporkan jumlah yang dikeluarkan.
#
# ## 3. Apa jawaban mereka?

# %%
description = cg.describe(kept)
cg.table(description, kind="constructs", language="id")

# %%
cg.plot(description, language="id")

# %% [markdown]
# **Cara membaca:** batang butir negatif (namanya berakhiran `r`) terletak di sisi lain; dalam skor, butir itu sudah dibalik.
# Rerata menunjukkan posisi responden, sedangkan lebar batang menunjukkan apakah mereka berbeda: bila semua orang setuju, tidak
# ada yang dapat dijelaskan.
#
# ## 4. Apakah butir-butirnya konsisten?
#
# Alfa disajikan beserta intervalnya. Nilai di sekitar batas tidak dengan sendirinya baik atau buruk: lihat intervalnya.

# %%
reliability = cg.reliability(kept)
cg.table(reliability, language="id")

# %% [markdown]
# ## 5. Apakah butir mengukur yang seharusnya diukur?
#
# Model pengukuran mendahului jalur apa pun. Butir berskala lima tidak berdistribusi normal dan ada jawaban kosong; karena
# itu dipakai *maximum likelihood* yang tegar (`MLR`) dengan informasi penuh (`fiml`).

# %%
model = questionnaire.model(measurement, constructs=constructs)
measured = cg.cfa(model, kept, estimator="MLR", missing="fiml")
cg.table(measured, kind="fit", language="id")

# %%
validity = cg.validity(measured)
cg.table(validity, language="id")

# %% [markdown]
# **Cara membaca:** tabel kecocokan menampilkan ukuran robust di samping pedoman dan sumbernya. Pedoman bukan hukum: bila
# suatu nilai tidak memenuhinya, lihat residual dan indeks modifikasi, dan pikirkan teorinya sebelum mengubah model.
#
# ## 6. Apakah jalurnya terdukung?

# %%
structural = questionnaire.model(measurement, paths=paths)
fit = cg.sem(structural, kept, estimator="MLR", missing="fiml")
cg.table(fit, kind="paths", language="id")

# %%
cg.diagram(fit, language="id")

# %%
cg.narrate(fit, language="id")

# %% [markdown]
# **Cara membaca:** jalur dengan p 0,05 atau lebih berarti *belum cukup bukti*, bukan "tidak ada pengaruh". Survei dengan
# responden yang sama tidak dapat memisahkan pengaruh dari sumber jawaban yang sama; laporan menyatakan hal itu.
#
# ## 7. Menulis laporan

# %%
report = cg.report(
    [kept, screening, description, reliability, measured, validity, fit],
    title="Tata kelola kolaboratif dan mutu layanan yang dirasakan",
    language="id",
)
report.save("laporan_mulai_cepat.docx")

# %% [markdown]
# ## Latihan
#
# Hapus jalur langsung dari `principled_engagement` ke `service_quality` di sel parameter, lalu jalankan semuanya kembali.
# Kalimat mana dalam narasi yang berubah, dan apa artinya bagi mediasi?
#
# <details><summary>Jawaban</summary>
#
# Kalimat tentang jalur langsung hilang, dan kedua jalur yang tersisa menuju mutu layanan membesar: keduanya mengambil alih
# pengaruh yang semula langsung. Menghapus anak panah berarti menyatakan bahwa jalurnya nol, dan di sini tidak demikian, sehingga
# kecocokan model sedikit memburuk. Apakah pengaruhnya *hanya* melalui motivasi dan kapasitas dibahas pada buku catatan 04.
#
# </details>
