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
# # 03 Pengukuran: apakah butir mengukur yang seharusnya diukur?
#
# Ada empat pertanyaan berurutan: apakah setiap butir sejalan dengan butir lainnya, berapa hal yang diukur butir-butir itu,
# apakah model atas hal-hal tersebut cocok, dan apakah hal-hal itu berbeda satu sama lain? Penyaringan (buku catatan 02)
# mendahuluinya. Sampel ini **simulasi**. Untuk studi Anda, ubah sel berikutnya.

# %% tags=["parameters"]
# Ubah hanya sel ini.
data_file = None  # berkas Anda, misalnya "data/ekspor_saya.csv"; None: sampel simulasi
instrument = "cgsurvey_core"  # nama di bank instrumen, atau berkas sendiri
dimension = "principled_engagement"  # dijelajahi butir demi butir pada bagian 1 sampai 3
elements = ["discovery", "definition", "deliberation", "determination"]  # konstruk-konstruknya
others = ["mutual_trust", "mutual_understanding", "leadership"]  # pembandingnya pada bagian 4 sampai 6
seed = 20261122

# %%
import cgsurvey as cg

answers = cg.load_sample() if data_file is None else cg.read_responses(data_file, instrument)
kept = cg.screen(answers, max_missing=0.20, attention=True, random=0.025).keep()
constructs = [*elements, *others]
items = kept.instrument.construct(dimension).all_items

# %% [markdown]
# ## 1. Apakah butir suatu konstruk konsisten?
#
# Alfa sama dengan reliabilitas hanya bila semua butir mencerminkan konstruknya sama kuat; bila tidak, nilainya terlalu rendah, dan
# terlalu tinggi bila galat butir-butirnya berkorelasi. Omega membolehkan muatan yang berbeda. Lihat intervalnya, bukan titiknya:
# dengan butir atau responden yang sedikit, intervalnya lebar.

# %%
reliability = cg.reliability(kept, constructs)
cg.table(reliability, language="id")

# %%
cg.plot(reliability, language="id")

# %%
cg.plot(reliability, kind="item_rest", language="id")

# %%
cg.narrate(reliability, language="id")

# %% [markdown]
# **Cara membaca:** butir di sebelah kiri garis titik-titik kurang sejalan dengan butir lainnya. Bacalah bunyinya sebelum membuangnya:
# butir negatif yang salah dibaca, pertanyaan ganda, atau pokok yang lain? Membuang butir demi alfa yang lebih tinggi
# mempersempit apa yang diukur.
#
# ## 2. Berapa hal yang diukur butir-butir itu?
#
# Banyaknya faktor tidak ditentukan oleh nilai eigen di atas 1. Analisis paralel menanyakan faktor mana yang lebih kuat
# daripada faktor yang muncul karena kebetulan pada sampel sebesar ini; kaidah lain ditampilkan di sampingnya.

# %%
cg.table(cg.factorability(kept, items), language="id")

# %%
parallel = cg.parallel_analysis(kept, items, seed=seed)
cg.plot(parallel, language="id")

# %%
cg.table(parallel, language="id")

# %% [markdown]
# **Cara membaca:** kaidah yang tidak sependapat bukan cacat perangkat lunak, melainkan kabar tentang data. Bandingkan solusi
# dengan satu faktor lebih dan satu faktor kurang, lalu pilih yang dapat dijelaskan.
#
# ## 3. Butir mana yang mengelompok?
#
# Faktor boleh berkorelasi (oblimin): dalam kehidupan sosial tidak ada yang saling lepas. Pada gambar, muatan yang kecil dicetak pucat.

# %%
explored = cg.efa(kept, factors=len(elements), items=items, seed=seed)
cg.table(explored, language="id")

# %%
cg.plot(explored, language="id")

# %% [markdown]
# **Cara membaca:** suatu butir termasuk faktor tempat muatannya besar (0,40 sebagai pedoman) dan tunggal. Menjelajah dan
# mengonfirmasi pada orang yang sama tidak membuktikan apa pun: konfirmasi di bawah ini hanyalah gambaran, dan baru
# menjadi pengujian pada data baru.
#
# ## 4. Apakah modelnya cocok?

# %%
model = kept.instrument.model("first_order", constructs=constructs)
fit = cg.cfa(model, kept, estimator="MLR", missing="fiml")
cg.table(fit, kind="fit", language="id")

# %%
cg.table(fit, kind="loadings", language="id")

# %% [markdown]
# **Cara membaca:** jawaban tidak berdistribusi normal dan sebagian kosong, sehingga khi-kuadrat terskala dan ukuran robust yang
# dipakai. Khi-kuadrat yang signifikan berarti model tidak tepat sempurna, dan memang tidak ada model yang demikian; ukuran
# kecocokan menunjukkan seberapa jauh melesetnya. Muatan terkecil dimiliki butir negatif: lebih dari separuh isinya adalah hal lain, misalnya
# kebiasaan menyetujui.
#
# ## 5. Apakah konstruknya berbeda satu sama lain?
#
# Dua konstruk yang berkorelasi mendekati 1 adalah satu konstruk, apa pun namanya. HTMT dan korelasi antarfaktor disajikan
# beserta intervalnya; ujung atas interval itulah yang menentukan.

# %%
validity = cg.validity(fit)
cg.table(validity, language="id")

# %%
cg.plot(validity, language="id")

# %%
cg.table(cg.discriminant_validity(fit, data=kept), language="id")

# %% [markdown]
# **Cara membaca:** unsur-unsur dari satu dimensi *memang seharusnya* berkorelasi tinggi; demikian bunyi teorinya. Yang harus
# berbeda adalah konstruk yang dihubungkan oleh hipotesis. Bila suatu pasangan ditandai, gabungkan keduanya atau jelaskan
# mengapa tetap dipisahkan.
#
# ## 6. Konstruknya, atau kuesionernya?
#
# Semua jawaban seseorang berasal dari lembar yang sama. Tidak ada uji yang menghapus keraguan itu; masing-masing cara
# berikut melihat sebagian darinya.

# %%
method = cg.common_method(kept, constructs)
cg.table(method, language="id")

# %% [markdown]
# **Cara membaca:** proporsi Harman bukan uji, dan faktor metode yang kecil bukan bukti bahwa biasnya tidak ada. Yang membantu terletak
# sebelum analisis: tanyakan hasilnya kepada orang lain daripada yang menilai sebabnya (mitra dan pengguna), atau pada waktu lain
# (Podsakoff dkk., 2003).
#
# ## 7. Model mana dari teori?
#
# Kerangka ini dapat dibaca sebagai satu faktor, tiga dimensi, enam dimensi (Beeton dkk., 2024), orde kedua, atau
# bifaktor. Semuanya dicocokkan berdampingan. Tidak ada indeks yang memilih pemenangnya: model bifaktor lebih cocok
# bahkan ketika model itu keliru.

# %%
rivals = cg.rivals(kept)
cg.table(rivals, language="id")

# %%
cg.narrate(rivals, language="id")

# %% [markdown]
# **Cara membaca:** tiga dimensi yang berkorelasi dan orde kedua cocok persis sama; hanya teori yang dapat memilih. Agar buku catatan
# ini cepat, model tandingan dicocokkan pada baris yang lengkap; untuk tesis, pakailah semua baris, `cg.rivals(kept, missing="fiml")`,
# dan beri waktu beberapa menit.
#
# ## Latihan
#
# Tambahkan `"psq_responsiveness"` ke dalam `others` di sel parameter, lalu jalankan semuanya kembali. Konstruk itu tentang layanan,
# sedangkan yang lain tentang kolaborasi: apa yang seharusnya terjadi pada HTMT-nya, dan apakah memang demikian?
#
# <details><summary>Jawaban</summary>
#
# Nilainya seharusnya lebih rendah daripada nilai antarunsur dari satu dimensi, dan memang demikian: antara 0,27 dan 0,44, bukan
# sekitar 0,6 sampai 0,75. Begitulah wujud validitas diskriminan. Nilainya tidak nol karena menurut teori kolaborasi dan layanan
# saling berhubungan.
#
# </details>
#
# **Sumber:** Horn (1965) tentang analisis paralel; Henseler, Ringle & Sarstedt (2015) tentang HTMT; Rönkkö & Cho (2022); Podsakoff
# dkk. (2003); Emerson, Nabatchi & Balogh (2012); Beeton dkk. (2024). Rujukan lengkap tercantum pada akhir setiap laporan (`cg.report`).
