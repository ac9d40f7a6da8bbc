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
# # 02 Penyaringan: apakah jawaban layak dipakai?
#
# Sebelum menghitung koefisien apa pun, perlu ditanyakan apakah responden benar-benar menjawab, dan menjawab dengan
# sungguh-sungguh. Buku catatan ini memeriksa jawaban yang kosong, responden yang mungkin tidak membaca pertanyaan, daya
# dukung setiap butir, dan siapa yang diwakili sampel. Semuanya berjalan apa adanya dengan sampel **simulasi** yang 4 %
# respondennya sengaja dibuat menjawab tanpa membaca. Untuk studi Anda, ubah sel berikutnya.

# %% tags=["parameters"]
# Ubah hanya sel ini.
data_file = None  # berkas Anda, misalnya "data/ekspor_saya.csv"; None: sampel simulasi
instrument = "cgsurvey_core"  # nama di bank instrumen, atau berkas sendiri
construct = "shared_motivation"  # konstruk yang hendak dilihat dari dekat
rules = ["max_missing", "attention", "repeats", "straight_lining", "random", "speed"]  # siapa yang dikeluarkan
population = {"sex": {"female": 0.50, "male": 0.50}}  # proporsi yang diketahui, misalnya dari BPS

# %% [markdown]
# ## 1. Membaca jawaban
#
# Semua yang dikenali, diduga, atau ditinggalkan tercantum dalam tabel di bawah ini. Bacalah tabel itu lebih dahulu.

# %%
import cgsurvey as cg

answers = cg.load_sample() if data_file is None else cg.read_responses(data_file, instrument)
items = answers.instrument.construct(construct).all_items
answers.describe_import("id")

# %% [markdown]
# ## 2. Apa yang kosong?
#
# Jawaban kosong bukanlah angka. Hitung dahulu kekosongan per butir dan per orang, lalu tanyakan apakah polanya
# menyerupai kebetulan.

# %%
missing = cg.missingness(answers, items)
cg.table(missing, kind="missing_items", language="id")

# %%
cg.plot(missing, language="id")

# %%
cg.narrate(missing, language="id")

# %% [markdown]
# **Cara membaca:** kekosongan di bawah 5 % per butir jarang menjadi masalah. Uji Little hanya dapat memberi bukti yang
# *menentang* kebetulan: nilai p yang besar tidak menunjukkan bahwa jawaban hilang secara acak. Cara menangani kekosongan
# ditentukan oleh model sesudahnya (`missing="fiml"` memakai semua yang dijawab), bukan dengan mengisinya dengan rerata.
#
# ## 3. Siapa yang mungkin tidak membaca pertanyaan?
#
# Tidak ada indeks yang membuktikan kecerobohan. Masing-masing melihat jejak yang berbeda: jawaban yang sama
# terus-menerus, jawaban seperti dari dadu, jawaban yang sama dengan orang lain, waktu yang terlalu singkat, atau
# pertanyaan kontrol yang salah dijawab.

# %%
screening = cg.screen(answers)
cg.table(screening, language="id")

# %%
cg.plot(screening, language="id")

# %%
cg.table(screening, kind="indices", language="id")

# %% [markdown]
# **Cara membaca:** tabel menunjukkan berapa responden yang ditandai setiap aturan, sedangkan gambar menunjukkan letak
# batasnya di antara semua nilai. Periksa beberapa baris yang ditandai di berkas Anda sebelum mempercayai suatu aturan.
# Aturan yang menandai sepersepuluh sampel lebih banyak bercerita tentang aturan itu, atau tentang kuesionernya, daripada
# tentang orangnya.
#
# ## 4. Siapa yang dikeluarkan, dan mengapa?
#
# Tanda tidak menghapus apa pun. Hanya aturan yang Anda sebut yang mengeluarkan responden, dan setiap pengeluaran dicatat.

# %%
kept = screening.keep(*rules)
kept.exclusions.groupby("rule").size()

# %%
kept.exclusions.head()

# %% [markdown]
# ## 5. Apakah ada pengaruhnya?
#
# Pertanyaan yang jujur bukanlah apakah suatu aturan benar, melainkan apakah kesimpulan bergantung padanya. Koefisien yang
# sama dihitung dengan semua responden, tanpa mereka yang ditandai setiap aturan, dan tanpa semuanya.

# %%
sensitivity = cg.exclusion_sensitivity(screening, *rules, constructs=["mutual_trust", "psq_responsiveness"])
cg.table(sensitivity, language="id")

# %% [markdown]
# **Cara membaca:** bila alfa hanya bergeser pada desimal ketiga, nyatakan hal itu dan lanjutkan. Bila bergeser pada
# desimal pertama, laporkan kedua hasilnya. Responden yang mencentang sembarang jawaban menurunkan alfa. Responden yang
# mencentang satu jawaban terus-menerus menaikkannya bila semua butir searah, dan menurunkannya bila ada butir negatif di
# antaranya, seperti di sini.
#
# ## 6. Seberapa kuat butir-butirnya?
#
# Kemencengan dan kurtosis menentukan penduga mana yang cocok bagi model, sedangkan kategori yang tipis menentukan apakah
# suatu butir dapat diperlakukan sebagai ordinal.

# %%
shape = cg.normality(kept, items)
cg.table(shape, language="id")

# %%
description = cg.describe(kept, items=items)
cg.plot(description, language="id")

# %% [markdown]
# **Cara membaca:** lima pilihan jawaban tidak pernah berdistribusi normal. Yang penting adalah seberapa jauh
# penyimpangannya: di luar 2 untuk kemencengan atau 7 untuk kurtosis, teori normal tidak lagi dapat dipercaya tanpa galat
# baku yang robust. Kategori yang dipilih kurang dari lima orang disebut beserta usul kategori tetangga untuk digabung.
#
# ## 7. Siapa yang diwakili sampel?
#
# Responden yang terlambat dianggap mirip dengan mereka yang tidak pernah menjawab (Armstrong & Overton, 1977). Bila responden
# awal dan akhir berbeda, mereka yang tidak menjawab pun mungkin berbeda. Ini sebuah asumsi, dan sering kali satu-satunya yang ada.

# %%
profile = ["sex", "age", "education", "occupation"]
late = cg.nonresponse_bias(kept, ["mutual_trust", "psq_responsiveness"], profile=profile, time="start")
cg.table(late, language="id")

# %%
cg.table(cg.representativeness(kept, population), language="id")

# %% [markdown]
# **Cara membaca:** perbedaan yang tidak signifikan berarti *belum cukup bukti adanya perbedaan*, bukan kesamaan. Kolom uji
# kesetaraan menunjukkan apakah perbedaannya terbukti lebih kecil daripada batas yang ditetapkan.
#
# ## Latihan
#
# Sisakan hanya `"max_missing"` dalam daftar aturan di sel parameter, lalu jalankan semuanya kembali. Berapa responden lagi yang
# bertahan, dan apa yang terjadi pada alfa? Tulis dua kalimat yang akan Anda masukkan ke dalam skripsi.
#
# <details><summary>Jawaban</summary>
#
# Sebanyak 583 responden bertahan, bukan 545, dan alfa saling percaya turun dari 0,79 menjadi 0,76. Misalnya: "Sebanyak 38
# responden dikeluarkan karena salah menjawab pertanyaan kontrol, mengulang atau mengacak jawaban, atau menjawab kurang dari dua
# detik per pertanyaan. Bila mereka disertakan, alfa saling percaya menjadi 0,76, bukan 0,79; tidak ada simpulan yang berubah."
#
# </details>
#
# **Sumber:** Meade & Craig (2012) dan Curran (2016) tentang jawaban ceroboh; Schafer (1999) dan Little (1988) tentang jawaban
# kosong; West, Finch & Curran (1995) tentang distribusi; Armstrong & Overton (1977). Rujukan lengkap tercantum pada akhir
# setiap laporan (`cg.report`).
