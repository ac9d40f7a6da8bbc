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
# # 07 Sampel dan daya uji: berapa responden?
#
# Di balik pertanyaan ini ada dua pertanyaan. Seberapa lebar interval suatu persentase boleh? Dan akankah studi ini menemukan efek
# yang menjadi tujuannya? Rumus seperti Slovin hanya menjawab yang pertama. Buku catatan ini menjawab keduanya **sebelum** kerja
# lapangan. Semua angka di sel berikut adalah asumsi: gantilah dengan angka studi Anda.

# %% tags=["parameters"]
# Ubah hanya sel ini.
people = 985  # banyaknya orang dalam populasi
response_rate = 0.6  # bagian dari yang diundang yang jawabannya akan dapat dipakai
offices = {"Blitar": 420, "Kediri": 365, "Malang": 200}  # orang per kantor
spread = {"Blitar": 0.5, "Kediri": 0.7, "Malang": 1.0}  # perkiraan SB skor
measured = "lead =~ .7*l1 + .8*l2 + .7*l3; trust =~ .7*t1 + .7*t2 + .6*t3; qual =~ .8*q1 + .7*q2 + .7*q3"
paths = "trust ~ .4*lead; qual ~ .35*trust + .15*lead"
categories, per_office = 5, 20  # pilihan jawaban per butir; responden per kantor
sizes, seed = [200, 400, 600, 800], 20261125

# %%
import cgsurvey as cg

population = f"{measured}\n{paths}"

# %% [markdown]
# ## 1. Berapa untuk suatu persentase?
#
# Rumus Slovin paling sering dikutip dalam skripsi dan tesis. Rumus itu tidak lebih daripada rumus untuk proporsi 50% dengan z = 2.
# Rumus Cochran menyatakan asumsinya secara terbuka, dan orang yang tidak menjawab diperhitungkan pada akhirnya.

# %%
slovin = cg.sample_size("slovin", people, margin=0.05)
cg.table(slovin, language="id")

# %%
cochran = cg.sample_size("cochran", people, margin=0.05, response_rate=response_rate)
cg.table(cochran, language="id")

# %%
cg.plot(cochran, language="id")

# %%
cg.table(cg.sample_size("krejcie_morgan", people), language="id")

# %%
cochran.at([100, 200, 300])

# %% [markdown]
# **Cara membaca:** ketiga rumus itu sebenarnya satu; rumus Slovin membulatkan z = 1,96 menjadi 2. Garis putus-putus pada gambar menunjukkan n yang diperoleh; di
# sebelah kanannya kurva mendatar: menggandakan n tidak memperkecil margin menjadi separuhnya. Tidak satu pun rumus ini mengenal model Anda.

# %% [markdown]
# ## 2. Berapa di tiap kantor?
#
# Alokasi sebanding dengan banyaknya orang itu sederhana dan tidak memerlukan bobot. Bila keragaman jawaban berbeda antarkantor,
# alokasi Neyman menghasilkan galat yang lebih kecil dengan jumlah wawancara yang sama.

# %%
divided = cg.allocate(cochran.n, offices, method="neyman", sd=spread, minimum=2)
cg.table(divided, language="id")

# %%
cg.narrate(divided, language="id")

# %% [markdown]
# **Cara membaca:** kantor yang jawabannya lebih beragam memperoleh lebih dari bagiannya sehingga hasil untuk seluruh populasi memerlukan
# bobot pada tabel. Galat baku di bawah tabel menunjukkan apakah keuntungannya sepadan.

# %% [markdown]
# ## 3. Apa kata kaidah cepat tentang model?
#
# Uji RMSEA menanyakan apakah kecocokan model secara keseluruhan dapat dinilai. Metode akar kuadrat terbalik dari PLS menanyakan jalur
# terkecil, satu arah, seolah-olah diukur tanpa galat.

# %%
cg.table(cg.sample_size("rmsea", df=24), language="id")

# %%
cg.table(cg.sample_size("inverse_square_root", path=0.15), language="id")

# %% [markdown]
# **Cara membaca:** tiap kaidah hanya mengenal satu angka dari model Anda (derajat bebas, atau jalur terkecil). Gunakan sebagai pandangan
# pertama.

# %% [markdown]
# ## 4. Akankah studi ini menemukan jalurnya?
#
# Simulasi mengenal semua yang diasumsikan: muatan faktor, jalur, lima pilihan jawaban per butir. Seribu studi untuk tiap ukuran dibuat
# dan diestimasi; proporsi yang menemukan suatu jalur adalah daya ujinya. Nilai-nilainya sebaiknya berasal dari penelitian terdahulu,
# atau merupakan efek terkecil yang masih berarti.

# %%
found = cg.power(population, sizes, categories=categories, seed=seed)
cg.table(found, language="id")

# %%
cg.plot(found, language="id")

# %%
cg.table(found, kind="needed", language="id")

# %%
cg.narrate(found, language="id")

# %% [markdown]
# **Cara membaca:** tiap panel memuat satu jalur; garis titik-titik adalah daya uji 80% yang lazim diminta, garis putus-putus adalah n yang
# mencapainya. Jalur yang memerlukan responden terbanyak menentukan. Studi yang jauh di sebelah kirinya dan tidak menemukan apa-apa
# belum menunjukkan apa-apa. Cakupan mendekati 95% berarti interval dapat dipercaya pada n tersebut.

# %% [markdown]
# ## 5. Bagaimana bila responden berasal dari kantor yang sama?
#
# Orang dari satu kantor mengalami pimpinan dan antrean yang sama: jawaban mereka mirip, dan seratus orang dari mereka memberi
# keterangan lebih sedikit daripada seratus orang yang tidak berkaitan. `icc` adalah bagian varians yang sama di antara mereka.

# %%
shared = {"cluster_size": per_office, "icc": 0.15}
together = cg.power(population, sizes, categories=categories, seed=seed, replications=400, **shared)
cg.table(together, kind="needed", language="id")

# %% [markdown]
# **Cara membaca:** bandingkan dengan tabel sebelumnya. Menambah kantor lebih berguna daripada menambah orang per kantor.

# %% [markdown]
# ## 6. Bagaimana dengan studi pendahuluan?
#
# Estimasi dari model yang sudah dipaskan dapat dianggap sebagai nilai sebenarnya. Di sini sampel **simulasi** berperan sebagai studi
# pendahuluan.

# %%
pilot = cg.screen(cg.load_sample(), max_missing=0.20, attention=True).keep()
model = pilot.instrument.model("direct", constructs=["mutual_trust", "leadership"], paths="mutual_trust ~ leadership")
fit = cg.sem(model, pilot, estimator="MLR")
again = cg.power(fit, [50, 100, 150], seed=seed, replications=400)
cg.table(again, language="id")

# %%
cg.plot(again, language="id")

# %% [markdown]
# **Cara membaca:** estimasi dari studi pendahuluan yang kecil tidak pasti, dan yang besar sering kali kebetulan: rencanakan untuk efek yang
# lebih kecil daripada hasil studi pendahuluan.
#
# ## Latihan
#
# Perkecil jalur `qual ~ .15*lead` menjadi separuhnya di sel parameter dan jalankan semuanya kembali. Berapa responden yang diperlukan?
# Apakah efek sekecil itu sepadan dengan wawancara sebanyak itu?
