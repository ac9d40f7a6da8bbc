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
# # 00 Kerja lapangan: dari kuesioner ke jawaban
#
# Hasil penelitian hanya sebaik cara datanya dikumpulkan. Buku catatan ini menempuh jalan itu satu kali: kuesioner menjadi
# formulir KoboToolbox atau ODK, hasil ekspor dari lapangan diperiksa, kolomnya dicocokkan dengan butir, dan jawaban
# ditulis beserta labelnya. Semuanya berjalan apa adanya dengan ekspor **simulasi**. Untuk studi Anda, ubah sel berikutnya.

# %% tags=["parameters"]
# Ubah hanya sel ini.
name = "cgsurvey_core"  # instrumen di bank, atau berkas sendiri, misalnya "studi.yaml"
export_file = None  # hasil ekspor aplikasi lapangan, misalnya "data/ekspor.csv"; None: ekspor simulasi
constructs = ["satisfaction", "mutual_trust"]  # yang hendak dilihat setelah jawaban masuk

# %% [markdown]
# ## 1. Kuesioner
#
# Semua bermula dari instrumen: apa yang ditanyakan, kepada siapa, dengan skala apa, dan apa yang hendak diukur. Instrumen
# ditulis satu kali dalam satu berkas; formulir, kuesioner cetak, dan buku kode dibuat darinya sehingga tidak mungkin
# saling bertentangan.

# %%
import pandas as pd

import cgsurvey as cg

pd.set_option("display.max_colwidth", 120)
instrument = cg.load_instrument(name)
instrument.describe("id").head(6)

# %% [markdown]
# **Cara membaca:** satu baris untuk setiap butir, dengan konstruk yang diukurnya dan sumber yang menjadi rujukannya.
# `reverse` menandai pernyataan yang berlawanan arah dengan konstruknya. Rancangan (*draft*) belum diuji di lapangan:
# mintalah penilaian ahli lebih dahulu.
#
# Untuk penelaah dan untuk daerah tanpa jaringan, kuesioner dapat dicetak dalam satu bahasa atau lebih.

# %%
cg.questionnaire(instrument, "kuesioner.docx", language=["id", "en"])

# %% [markdown]
# **Cara membaca:** halaman cetak tidak menampilkan nama konstruk maupun arah butir; responden tidak perlu mengetahuinya.
#
# ## 2. Formulir untuk KoboToolbox atau ODK
#
# Formulir adalah buku kerja dengan lembar `survey`, `choices`, dan `settings`. Kedua aplikasi lapangan itu menerjemahkannya
# dengan program pyxform; bila program itu dipasang (`pip install pyxform`), peringatan saat pengunggahan dapat dilihat lebih
# dahulu: `xls2xform formulir.xlsx`.

# %%
form = instrument.to_xlsform("formulir.xlsx")
print("dibaca kembali dengan hasil sama:", cg.Instrument.from_xlsform(form) == instrument)

# %%
survey = pd.read_excel(form, sheet_name="survey", engine="calamine")
survey.loc[survey["relevant"].notna(), ["type", "name", "relevant"]].drop_duplicates("relevant").head(6)

# %% [markdown]
# **Cara membaca:** kolom `relevant` menentukan siapa yang melihat suatu pertanyaan. Responden yang menolak memberi
# persetujuan tidak ditanya lagi; mitra dan pengguna masing-masing mendapat bagiannya. Unggah `formulir.xlsx` di
# KoboToolbox (*New*, *Upload an XLSForm*), pratinjau dalam kedua bahasa, lalu kirim beberapa jawaban percobaan sebelum
# kerja lapangan dimulai. Langkah-langkahnya ada di `docs/guides/forms.md`.
#
# ## 3. Hasil ekspor, diperiksa sebelum hal lain
#
# Jangan memercayai hasil ekspor sebelum membacanya. Pemeriksaan ini menyebutkan jenis berkas beserta tandanya, kolom yang
# cocok, dan semua kesalahan sekaligus.

# %%
from cgsurvey.base.data import shipped

export = shipped("sample") / "same.csv" if export_file is None else export_file
print(cg.check_responses(export, instrument).text("id"))

# %% [markdown]
# **Cara membaca:** kolom milik aplikasi lapangan bukan bagian dari butir mana pun dan tetap disimpan; kolom yang tampak
# bersifat pribadi ditinggalkan. Hal yang disebut dalam catatan tidak diperbaiki secara diam-diam: Anda yang menilainya.
#
# Seperti apa bentuk kesalahan? Di sini dua jawaban sengaja dirusak, dalam salinan di memori.

# %%
rows = pd.read_csv(export, sep=None, engine="python", dtype=str)
item = next(c for c in rows.columns if c.endswith(instrument.item_names[0]))
rows.loc[[3, 8], item] = ["9", "Setju"]
cg.check_responses(rows, instrument).frame("id")

# %% [markdown]
# **Cara membaca:** setiap baris menyebutkan nomor baris menurut hitungan lembar kerja, kolom, isi, dan apa yang perlu
# dilakukan. Angka di luar skala tidak pernah dijadikan jawaban kosong dengan sendirinya: nyatakan (`missing_codes=`) bila
# memang itu maksudnya.
#
# ## 4. Pemetaan: kolom mana untuk butir mana
#
# Apa yang sudah dikenali ditulis agar dapat ditelaah. Membaca dengan berkas ini memberi jawaban yang sama lagi, hari ini
# dan saat revisi tesis Anda.

# %%
answers = cg.read_responses(export, instrument)
mapping = answers.write_mapping("pemetaan.yaml")
again = cg.read_responses(export, instrument, mapping="pemetaan.yaml")
print("jawaban yang sama:", again.equals(answers))
answers.describe_import("id")

# %% [markdown]
# **Cara membaca:** tabel ini adalah ingatan dari proses impor: berkas dan sidik digitalnya, apa yang dikenali, apa yang
# diputuskan, dan apa yang ditinggalkan. Sebagai tabel data: `answers.describe_import()`. Laporkan bersama hasil Anda.
#
# ## 5. Pandangan pertama pada jawaban
#
# Sebelum analisis apa pun: apakah responden menjawab, dan apakah seluruh rentang skala terpakai?

# %%
items = [i for c in constructs for i in instrument.construct(c).all_items]
cg.plot(cg.missingness(answers, items), language="id")

# %%
cg.plot(cg.describe(answers, items=items), language="id")

# %% [markdown]
# **Cara membaca:** pertanyaan yang banyak dilewati sering kali sulit dipahami. Batang yang hampir seluruhnya berada di
# satu sisi menyisakan sedikit keragaman untuk dijelaskan. Buku catatan 02 melanjutkan dari sini.
#
# ## 6. Buku kode dan data untuk orang lain
#
# Siapa pun yang membuka data ini sepuluh tahun lagi perlu tahu arti setiap kolom. Berkas ditulis dengan label dan alasan
# mengapa suatu jawaban kosong, lalu dibaca kembali.

# %%
cg.codebook(instrument, "buku_kode.html", language="id")
written = answers.to_sav("lapangan.sav", language="id")
print("kembali dengan hasil sama:", written.equal)
for told in written.notes:
    print(told.render("id"))

# %% [markdown]
# **Cara membaca:** "kembali dengan hasil sama" berarti tidak ada jawaban, label, atau alasan yang hilang dalam format itu.
# Bila ada yang hilang, catatan menyebutkannya.
#
# ## Latihan
#
# 1. Tulislah instrumen sendiri dengan satu pertanyaan yang mengakhiri wawancara (`ends:`), buat formulirnya, dan pratinjau.
# 2. Ganti nama satu kolom hasil ekspor di program lembar kerja, baca berkasnya, lalu perbaiki dengan `mapping=`.
# 3. Bacalah formulir buatan orang lain dengan `cg.Instrument.from_xlsform` dan telusuri `remarks`-nya: bagian mana yang
#    harus Anda tanyakan kembali?
