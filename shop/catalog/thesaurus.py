"""What else a thing is called, in the languages and spellings of those who buy it.

A line is a circle of words that may stand for each other in a search; a word may stand in several.
"""

from collections import defaultdict
from collections.abc import Collection

from shop.catalog import folding

CIRCLES = """
bag byag beg baig ব্যাগ बैग thole thola থলে থলি thaila thela थैला jhola jhula ঝোলা झोला tote
pouch purse থলি thaili थैली পাউচ पाउच batua clutch potli
wallet purse manibag মানিব্যাগ মানিব্যাগের batua বটুয়া बटुआ
backpack rucksack pithbag পিঠব্যাগ बैकपैक schoolbag
tote টোট टोट shopper
notebook journal diary khata খাতা ডায়েরি डायरी কপি कॉपी copy
card envelope kham খাম লিফাফা लिफ़ाफ़ा लिफ़ाफ़े greeting
gift present upahar uphar উপহার उपहार tohfa
leather chamra চামড়া চামড়ার chamda चमड़ा चमड़े
tyre tire rubber টায়ার টায়ারের टायर tread
jute pat পাট পাটের जूट
cotton suti সুতি সুতির सूती sooti kapor
paper kagoj কাগজ kagaz काग़ज़ कागज
fish mach machh মাছ machhli मछली
lotus padma podmo পদ্ম kamal कमल
hibiscus joba jaba জবা gudhal गुड़हल
honeybee bee moumachi mowmachi মৌমাছি madhumakkhi मधुमक्खी
kingfisher machranga maachranga মাছরাঙা ramchiraiya रामचिरैया
kalka kolka paisley mango কল্কা কলকা ambi अंबी
leaf pata পাতা patti पत्ती
tide wave joar জোয়ার lahar लहर
boat nouka nauka নৌকা naav नाव
turmeric halud holud হলুদ haldi हल्दी yellow
spice masala moshla মশলা मसाला
stole scarf shawl dupatta orna uttoriyo স্টোল स्टोल
cushion pillow kushan কুশন कुशन balish
embroidery embroidered kantha sujni kadhai কাঁথা कांथा कढ़ाई quilt quilted stitch সূচিশিল্প
print chhap chap ছাপ छाप block
key chabi চাবি চাবির चाबी
planter pot flowerpot tob টব gamla गमला
belt বেল্ট बेल्ट komorbondho
phone mobile মোবাইল मोबाइल cellphone
laptop computer notebook-computer ল্যাপটপ लैपटॉप
towel toyale তোয়ালে तौलिया तौलिए gamcha
napkin serviette ন্যাপকিন नैपकिन
wall panel hanging picture দেয়াল दीवार
toiletry cosmetic makeup washbag প্রসাধন प्रसाधन
pencil pen পেনসিল पेंसिल
market bazaar bajar বাজার बाज़ार shopping grocery
red lal লাল लाल madder
blue neel nil নীল नीला indigo
green sobuj সবুজ हरा leaf
black kalo কালো काला
"""


def _circles() -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for line in CIRCLES.strip().splitlines():
        circle = {folded for word in line.split() for folded in folding.words(word)}
        for word in circle:
            found[word] |= circle - {word}
    return {word: frozenset(others) for word, others in found.items()}


_OTHERS = _circles()


def others(word: str) -> Collection[str]:
    """Return what else a folded word is called."""
    return _OTHERS.get(word, ())
