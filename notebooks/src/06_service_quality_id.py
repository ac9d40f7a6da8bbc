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
# # 06 Mutu layanan: Indeks Kepuasan Masyarakat dan apa yang ada di baliknya
#
# Seberapa puas pengguna layanan publik, seberapa pasti nilainya, apa yang perlu diperbaiki lebih dahulu, dan seberapa besar
# indeks dijelaskan oleh mutu yang dirasakan? Indeks (IKM) mengikuti PermenPANRB 14/2017. Sampel ini **simulasi**. Untuk
# studi Anda, ubah sel berikutnya.

# %% tags=["parameters"]
# Ubah hanya sel ini.
data_file = None  # berkas Anda, misalnya "data/ekspor_saya.csv"; None: sampel simulasi
instrument = "cgsurvey_core"  # nama di bank instrumen, atau berkas sendiri; hanya sembilan unsur: "ikm"
group = "service_used"  # sebuah kolom: unit, layanan, kantor
weight = "exact"  # 1/9; 0.11 atau 0.111 bila instansi Anda mencetaknya demikian
factor = "service_quality"  # konstruk yang mungkin menjelaskan indeks

# %%
import cgsurvey as cg

users = cg.load_sample("users") if data_file is None else cg.read_responses(data_file, instrument)
index = cg.ikm(users, by=group, weight=weight)
index.glance()

# %% [markdown]
# ## 1. Indeks
#
# Setiap unsur memiliki nilai rata-rata dari jawaban yang terisi (NRR); indeks adalah 25 kali rata-rata kesembilan unsur. Hanya
# pengguna yang dihitung, masing-masing satu kali.

# %%
cg.table(index, language="id")

# %%
cg.plot(index, "elements", language="id")

# %% [markdown]
# **Cara membaca:** mutu ditentukan dari indeks dua desimal; interval menunjukkan seberapa jauh indeks dari sampel pengguna yang
# lain dapat berbeda. Bila interval melewati suatu batas, mutunya belum pasti: tabel berikut menunjukkan seberapa kuat sampel
# mendukung setiap mutu.

# %%
cg.table(index, "grades", language="id")

# %% [markdown]
# ## 2. Kelompok: mana yang berbeda, mana yang seri?
#
# Daftar peringkat tampak pasti, padahal sering hanya kebetulan. Kemungkinan peringkat adalah peringkat yang tidak
# dikesampingkan oleh perbedaan antarkelompok yang diuji sekaligus.

# %%
cg.table(index, "satisfaction_groups", language="id")

# %%
cg.plot(index, "groups", language="id")

# %%
cg.narrate(index, "id")

# %% [markdown]
# ## 3. Jebakan dalam penghitungan menurut peraturan
#
# Dengan bobot cetak 0,11 indeks tidak dapat melebihi 99; pembulatan harus dilakukan sebelum penetapan mutu, karena interval
# yang dicetak membiarkan 64,995 tanpa mutu.

# %%
rounded = cg.ikm(users, weight=0.11)
rounded.glance()

# %%
[cg.grade(value) for value in (64.994, 64.995, 76.605, 88.305)]

# %% [markdown]
# ## 4. Kesenjangan: yang diharapkan dan yang diterima pengguna
#
# Bila kuesioner menanyakan setiap butir dua kali, yaitu yang diharapkan dan yang diterima, selisihnya menunjukkan di mana layanan
# belum memenuhi harapan. Harapan ada di kolom berakhiran `_e`, kepentingan di kolom berakhiran `_i`; bila berkas Anda tidak
# memilikinya, sampel simulasi lain dipakai sebagai contoh.

# %%
asked = users if "tan1_e" in users.frame else cg.load_sample("expectations")
quality = cg.service_quality(asked, expectations="_e", outcome="satisfaction")
cg.table(quality, language="id")

# %%
cg.plot(quality, "gaps_1", language="id")

# %% [markdown]
# **Cara membaca:** kesenjangan negatif berarti layanan belum mencapai harapan. Dimensi yang intervalnya melewati nol belum terbukti
# kurang. Kesenjangan baik untuk gambaran, tetapi lemah sebagai variabel: layanan yang lebih baik dan harapan yang lebih rendah
# dianggap berdampak sama. Anggapan itu diuji; permukaan berikut menunjukkan apa yang sebenarnya dikatakan data.

# %%
cg.plot(quality, "surface", language="id")

# %%
cg.narrate(quality, "id")

# %% [markdown]
# ## 5. Kepentingan dan kinerja: apa yang didahulukan?
#
# Empat kuadran: penting dan lemah didahulukan, penting dan kuat dipertahankan. Garis silang di sini terletak pada rata-rata butir
# sehingga selalu ada butir di bawahnya; garis silang lain (`crosshair=`) memberi gambar lain, dan butir di dekat garis tidak termasuk
# kuadran mana pun.

# %%
first = cg.ipa(asked)
cg.plot(first, language="id")

# %%
cg.narrate(first, "id")

# %% [markdown]
# Yang disebut penting oleh responden dan yang menentukan kepuasan mereka adalah dua hal berbeda. Kepentingan turunan bertanya kepada
# data: butir mana yang berkaitan dengan kepuasan, masing-masing di samping semua butir lain?

# %%
derived = cg.ipa(asked, importance="relative weights", outcome="satisfaction")
cg.plot(derived, language="id")

# %% [markdown]
# ## 6. Apa yang dijelaskan oleh mutu yang dirasakan?
#
# Faktor mutu yang dirasakan diukur dengan pertanyaan lain dalam formulir yang sama. R² adalah proporsi indeks antarpengguna
# yang dijelaskannya. Keduanya berasal dari orang dan waktu yang sama, sehingga proporsi ini cenderung lebih besar.

# %%
link = cg.ikm_link(users, factor)
cg.table(link, language="id")

# %%
cg.narrate(link, "id")

# %% [markdown]
# ## 7. Lembar resmi
#
# Rekapitulasi memuat nilai per responden dan per unsur tanpa hal yang mengungkap identitas; lembar publikasi tidak
# menampilkan jumlah yang kecil.

# %%
recap = cg.ikm_recap(users, "recap.xlsx", language="id")
sheet = cg.ikm_publication(index, "publication.docx", language="id")
recap.to_frame().tail(5)[["respondent", "U1", "U2"]]

# %% [markdown]
# ## Yang diperlukan sebelum dipublikasikan
#
# - periode, jumlah pengguna, dan cara pemilihannya di samping nilai;
# - interval di samping mutu;
# - tidak memeringkatkan kelompok yang seri;
# - unsur prioritas perbaikan beserta tindak lanjutnya.

# %% [markdown]
# ## Latihan
#
# 1. Ubah menjadi `group = "channel"` di sel pertama dan jalankan semuanya. Saluran mana yang seri, dan apa yang boleh dikatakan
#    tentang perbedaannya?
# 2. Letakkan garis silang bagian 5 di tengah skala: `cg.ipa(asked, crosshair="scale")`. Butir mana yang berpindah kuadran?
# 3. Bandingkan butir yang didahulukan menurut kepentingan yang dinyatakan dan kepentingan turunan. Butir mana yang akan Anda
#    sampaikan kepada pimpinan, dan mengapa?
