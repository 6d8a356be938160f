"""Names of many cultures; who bears them here is invented by putting given and family names together at random."""

from random import Random

# Given names, then family names; a culture that puts the family name first is marked by a leading "<".
_CULTURES = """
Amelia Oliver Poppy Harry Isla Rupert|Ashdown Fairweather Holloway Marlowe Pemberton Whitcombe
Cerys Gethin Lowri Iestyn Nia Rhodri|ap-Owain Gwilym Llewellyn Morgannwg Prydderch Tudur
Ailsa Callum Eilidh Fergus Kirsty Ruaridh|Abernethy Dalgleish Kinnaird MacAskill Strachan Urquhart
Aoife Cian Niamh Oisín Saoirse Tadhg|Breathnach Mac-Gearailt Ní-Bhriain Ó-Dálaigh Ó-Floinn Ó-Súilleabháin
Agnieszka Bartosz Kinga Mateusz Oliwia Zbigniew|Błaszczak Dąbek Gajda Kołodziej Śliwa Żurawik
Ольга Тарас Софія Богдан Леся Назар|Бондар Гончаренко Коваль Мельник Ткач Шевчук
Ioana Mihai Elena Răzvan Anca Ștefan|Bălan Ciobotaru Drăgan Lupu Munteanu Țurcanu
Eleni Nikos Katerina Spyros Ioanna Stavros|Anagnostou Galanis Kalogeras Makris Petridis Xenakis
Chiara Matteo Giulia Lorenzo Elisa Davide|Bellandi Cattaneo Fontana Marchetti Sartori Zanetti
Lucía Álvaro Inés Íñigo Carmen Nuño|Arrieta Bustamante Cifuentes Iglesias Muñoz Zubiri
Beatriz Tomé Leonor Duarte Inês Simão|Bragança Carvalhal Falcão Guimarães Meirelles Simões
Camille Étienne Maëlle Loïc Anaïs Théo|Aubry Béranger Delacour Lefèvre Peltier Thévenot
Friederike Jürgen Annegret Matthias Käthe Sören|Bäumler Grünwald Kößler Rüdiger Schäfer Weiß
Åsa Björn Linnéa Göran Märta Östen|Ahlström Bergqvist Dahlgren Hällström Nyqvist Åkerlund
Aino Eero Kaisa Mikko Päivi Väinö|Hämäläinen Koskela Lehtinen Mäkelä Niemelä Ylönen
Adaeze Chidi Ngozi Emeka Ifeoma Obinna|Achebeh Chukwuma Ezenwa Nwosu Okeke Onwuka
Folasade Tunde Yetunde Kayode Abiola Segun|Adebanjo Akintola Bankole Ogunleye Oyelaran Sowande
Akosua Kwame Efua Kofi Abena Yaw|Agyeman Boateng Frimpong Mensah Ofori Sarpong
Wanjiru Kamau Atieno Otieno Achieng Kiprono|Cheruiyot Gathogo Kariuki Mutua Ndungu Wekesa
Selam Dawit Tigist Yonas Hiwot Bereket|Abebe Desta Gebre Mekonnen Tadesse Worku
سارة ليلى يوسف مريم كريم نور|الحداد البستاني الخياط الزهراني النجار الشامي
Elif Emre Zeynep Kerem Ayşe Çağlar|Arslanoğlu Çelebi Doğan Güneş Öztürk Yıldız
Shirin Kaveh Parisa Dariush Niloofar Arash|Bahrami Farrokhzad Golestan Mehrabi Rastegar Tehrani
Harpreet Gurdeep Simran Jaspal Manjit Amrit|Bains Dhaliwal Gill Johal Sandhu Virk
Anjali Rohan Meera Vikram Kavya Arjun|Bhattacharya Deshpande Iyengar Kulkarni Mukherjee Trivedi
Tharani Senthil Malar Ilango Yazhini Kumaran|Arulmani Elango Kandasamy Murugan Pillai Thangaraj
Ayesha Bilal Sana Hamza Zainab Usman|Chaudhry Ghauri Malik Qureshi Rizvi Siddiqui
< 慧 明 雪 俊 婷 磊|陈 黄 林 刘 吴 赵
< 陽菜 大輔 美咲 健太 さくら 翔|伊藤 加藤 佐藤 鈴木 高橋 渡辺
< 서연 민준 하은 지호 수아 도윤|김 박 이 정 최 한
< Ánh Đức Hương Khánh Minh Thảo|Bùi Đặng Hoàng Nguyễn Phạm Trần
Aroha Tāne Mereana Wiremu Ngaio Rāwiri|Kahukura Ngata Paratene Tāmati Te-Aho Waititi
Leilani Kaleo Mahina Keoni Noelani Makoa|Ahuna Kahale Kalama Keawe Mahoe Palakiko
Tamar Giorgi Nino Levan Ketevan Zurab|Abashidze Beridze Gelashvili Kapanadze Lomidze Tsiklauri
Anahit Tigran Nare Vardan Lusine Hayk|Avetisyan Grigoryan Hakobyan Manukyan Petrosyan Sahakyan
Noa Eitan Shira Yoav Tali Amos|Avrahami Ben-Zvi Golan Harari Peretz Shalev
"""


def people(count: int, rng: Random) -> list[str]:
    """That many different full names, the cultures mixed."""
    cultures = [_names(line) for line in _CULTURES.strip().splitlines()]
    for names in cultures:
        rng.shuffle(names)
    chosen = [name for turn in zip(*cultures, strict=True) for name in turn][:count]
    rng.shuffle(chosen)
    return chosen


def _names(line: str) -> list[str]:
    given, family = (part.split() for part in line.removeprefix("<").split("|"))
    order = "{last} {first}" if line.startswith("<") else "{first} {last}"
    return [order.format(first=first, last=last.replace("-", " ")) for first in given for last in family]
