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
# # 04 Model struktural: apa memengaruhi apa, melalui jalan mana, dan kapan?
#
# Model struktural adalah teori yang ditulis dengan anak panah. Buku catatan ini mengestimasi sebuah model, menelusuri melalui
# jalan mana suatu sebab bekerja (mediasi), dan memeriksa apakah suatu jalur bergantung pada keadaan (moderasi). Penyaringan
# (02) dan pengukuran (03) mendahuluinya: jalur antarkonstruk yang tidak terukur dengan baik tidak ada nilainya. Sampel ini
# **simulasi**, sehingga keadaan yang sebenarnya diketahui. Untuk studi Anda, ubah sel berikutnya.

# %% tags=["parameters"]
# Ubah hanya sel ini.
data_file = None  # berkas Anda, misalnya "data/ekspor_saya.csv"; None: sampel simulasi
instrument = "cgsurvey_core"  # nama di bank instrumen, atau berkas sendiri
model = "M1"  # model yang diusulkan oleh instrumen
hypotheses = ["H1", "H2", "H3", "H4", "H5", "H6"]  # hipotesis model itu
cause = "principled_engagement"  # awal pengaruh yang ditelusuri pada bagian 3
outcome = "service_quality"  # dan ujungnya
interaction = ["leadership", "mutual_understanding", "psq_responsiveness"]  # prediktor, moderator, hasil
seed = 20261122

# %% [markdown]
# ## 1. Teori mendahului data
#
# Gambarlah anak panahnya sebelum melihat satu koefisien pun. Setiap anak panah memerlukan alasan dari kepustakaan, demikian
# pula anak panah yang *tidak* digambar: meniadakan anak panah berarti menyatakan bahwa jalurnya bernilai nol.

# %%
import cgsurvey as cg

answers = cg.load_sample() if data_file is None else cg.read_responses(data_file, instrument)
kept = cg.screen(answers, max_missing=0.20, attention=True, random=0.025).keep()
theory = kept.instrument.models[model]
cg.diagram(theory, language="id")

# %% [markdown]
# **Cara membaca:** kerangka Emerson, Nabatchi, dan Balogh (2012) berbentuk siklus: pelibatan menumbuhkan motivasi, motivasi
# menumbuhkan kapasitas, dan kapasitas kembali menumbuhkan pelibatan. Satu survei pada satu waktu tidak dapat melihat siklus,
# sehingga siklus itu dipotong menjadi satu arah. Ini keputusan peneliti dan perlu ditulis dalam keterbatasan penelitian.
#
# ## 2. Apakah jalurnya terdukung?
#
# Jawaban berskala lima tidak berdistribusi normal dan sebagian kosong; karena itu dipakai *maximum likelihood* yang tegar
# (`MLR`) dengan informasi penuh (`fiml`). Responden dari kantor yang sama cenderung mirip; sampel ini memuat kantor setiap
# responden, dan galat baku memperhitungkannya.

# %%
fit = cg.sem(theory, kept, estimator="MLR", missing="fiml")
cg.table(fit, kind="fit", language="id")

# %%
cg.table(fit, kind="paths", language="id")

# %%
cg.diagram(fit, language="id")

# %%
decided = fit.hypotheses({name: kept.instrument.hypotheses[name] for name in hypotheses})
cg.table(decided, language="id")

# %% [markdown]
# **Cara membaca:** lihat dahulu kecocokan model, baru jalurnya: koefisien dari model yang tidak cocok tidak banyak artinya.
# B dinyatakan dalam poin skala, β dalam simpangan baku; bandingkan jalur menurut β dan selang kepercayaannya, bukan menurut
# p. *Belum cukup bukti* bukan berarti "tidak ada pengaruh". Dengan 30 kantor, galat bakunya kasar: catatan
# pada hasil menyebutkannya (`fit.notes`).
#
# ## 3. Melalui jalan mana? Mediasi
#
# Pengaruh tidak langsung adalah hasil kali beberapa jalur, dan hasil kali tidak berdistribusi normal. Karena itu selang
# kepercayaannya diperoleh dengan simulasi dari hasil estimasi (Monte Carlo; MacKinnon, Lockwood & Williams, 2004). Langkah
# lama Baron dan Kenny, yang mensyaratkan pengaruh total signifikan lebih dahulu, tidak diperlukan (Zhao, Lynch & Chen, 2010).

# %%
ways = cg.mediation(fit, causes=cause, outcomes=outcome, seed=seed)
cg.table(ways, language="id")

# %%
cg.plot(ways, language="id")

# %%
cg.narrate(ways, language="id")

# %% [markdown]
# **Cara membaca:** selang yang tidak memuat nol merupakan bukti adanya jalur itu. *Komplementer* berarti masih ada jalur
# langsung di samping jalur tidak langsung dengan tanda yang sama: barangkali ada mediator yang tidak diukur. Baris selisih
# membandingkan jalan yang satu dengan yang lain; selisih yang selangnya memuat nol berarti *belum cukup bukti* bahwa salah
# satunya lebih kuat.
#
# Di sini keadaan yang sebenarnya diketahui. Pada populasi asal sampel ini, jalur langsung bernilai 0,15 dan jalur tidak
# langsung bernilai 0,11 (melalui motivasi), 0,10 (melalui kapasitas), dan 0,10 (melalui keduanya). Apakah selangnya memuat nilai itu?
#
# ## 4. Kapan? Moderasi
#
# Apakah kepemimpinan lebih membantu bila para mitra saling memahami? Bila demikian, pengaruh suatu konstruk berubah menurut
# konstruk lain. Pengaruh semacam itu diestimasi dengan faktor dari hasil kali butir keduanya, yang dipusatkan dua kali agar
# jalur lainnya tetap bermakna sama (Marsh, Wen & Hau, 2004; Lin, Wen, Marsh & Lin, 2010).

# %%
predictor, moderator, result = interaction
first, second = (kept.instrument.construct(name).all_items for name in (predictor, moderator))
products = cg.product_indicators(kept, first, second, "product")
measures = kept.instrument.model("first_order", constructs=interaction)
paths = f"{result} ~ {predictor} + {moderator} + product"
moderated = cg.sem(f"{measures}\n{products.syntax}\n{paths}", products.data, estimator="MLR", missing="fiml")
cg.table(moderated, kind="paths", language="id")

# %%
slopes = moderated.simple_slopes(result, predictor, moderator, "product")
cg.table(slopes, language="id")

# %%
cg.plot(slopes, language="id")

# %%
cg.narrate(slopes, language="id")

# %% [markdown]
# **Cara membaca:** baris `product` itulah ujinya: apakah kemiringan berubah menurut moderator? Kemiringan pada nilai rendah,
# sedang, dan tinggi hanya menunjukkan *bagaimana* perubahannya. Bila satu kemiringan signifikan dan yang lain tidak, hal itu
# bukan bukti bahwa keduanya berbeda. Butir dikalikan berpasangan sehingga kedua konstruk memerlukan butir yang sama banyak;
# `method="all"` mengalikan setiap butir dengan setiap butir.
#
# Sekali lagi tentang keadaan yang sebenarnya: sampel ini dibuat tanpa interaksi apa pun, sehingga jawaban yang tepat adalah
# *belum cukup bukti*. Interaksi pada umumnya kecil, dan kebanyakan survei terlalu kecil untuk melihatnya; buku catatan 07
# menunjukkan berapa responden yang diperlukan.
#
# ## 5. Apa yang tidak dapat dijawab oleh model
#
# * **Arah.** Bila setiap konstruk terhubung dengan setiap konstruk lain, seperti di sini, membalik anak panah memberi
#   kecocokan yang persis sama. Arah berasal dari teori dan dari urutan waktu, bukan dari data.
# * **Yang tidak disertakan.** Sebab bersama dari kedua ujung yang tidak ada dalam model dapat memunculkan jalur yang
#   sebenarnya tidak ada.
# * **Satu sumber.** Orang yang sama menilai kolaborasi dan layanan; sebagian hubungan itu mungkin berasal dari suasana hati
#   mereka pada hari itu.
#
# Tulislah "berhubungan dengan", kecuali bila rancangan penelitian Anda memang membenarkan "berpengaruh terhadap".
#
# ## Latihan
#
# 1. Tetapkan `cause = "shared_motivation"` di sel parameter, lalu jalankan semuanya kembali. Berapa jalan menuju mutu layanan
#    yang tersisa, dan apa yang terjadi pada jalur langsungnya?
# 2. Seorang teman membalik anak panah pertama, `principled_engagement ~ shared_motivation`, dan melaporkan "kecocokannya
#    sama, jadi kedua arah terbukti". Apa jawaban Anda?
#
# <details><summary>Jawaban</summary>
#
# 1. Satu jalan tidak langsung, yaitu melalui kapasitas, dan jalur langsung. Keduanya berasal dari model yang sama: memilih
#    sebab lain berarti mengajukan pertanyaan lain dan tidak mengubah satu koefisien pun.
# 2. Kedua model itu ekuivalen: keduanya menyiratkan korelasi yang sama, sehingga tidak ada data yang dapat membedakannya.
#    Kecocokan yang sama bukan bukti bagi arah mana pun. Pengukuran yang lebih awal atas salah satunya akan membantu, atau
#    sebuah eksperimen.
#
# </details>
#
# **Sumber:** Emerson, Nabatchi & Balogh (2012); MacKinnon, Lockwood & Williams (2004); Zhao, Lynch & Chen (2010); Marsh, Wen &
# Hau (2004); Lin, Wen, Marsh & Lin (2010). Rujukan lengkap tercantum pada akhir setiap laporan (`cg.report`).
