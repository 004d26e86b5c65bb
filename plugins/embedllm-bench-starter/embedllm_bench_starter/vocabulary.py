"""Words that several benchmarks draw from."""

NAMES = (
    *("Alice", "Ben", "Clara", "David", "Emma", "Frank", "Grace", "Henry", "Irene", "Jack", "Kate", "Leo"),
    *("Maria", "Nick", "Olga", "Paul", "Rosa", "Sam", "Tina", "Victor", "Wendy", "Yusuf", "Zoe", "Omar"),
)
COLORS = ("red", "blue", "green", "yellow", "black", "white", "pink", "brown", "gray", "purple")
ANIMALS = ("dog", "cat", "horse", "cow", "sheep", "goat", "duck", "rabbit", "tiger", "wolf", "mouse", "bear")
FRUITS = ("apple", "banana", "cherry", "grape", "lemon", "mango", "melon", "fig", "peach", "pear", "plum")
FURNITURE = ("chair", "table", "bed", "desk", "sofa", "shelf", "bench", "wardrobe", "stool")
CLOTHES = ("shirt", "coat", "hat", "sock", "skirt", "glove", "scarf", "jacket", "sweater")
TOOLS = ("hammer", "saw", "drill", "wrench", "screwdriver", "shovel", "rake", "pliers")
INSTRUMENTS = ("piano", "violin", "guitar", "flute", "drum", "trumpet", "cello", "harp")
VEHICLES = ("car", "bus", "train", "truck", "bicycle", "boat", "tram", "ferry")
COUNTABLES = (
    *("apples", "books", "coins", "pencils", "stickers", "marbles", "stamps", "cookies", "shells", "cards"),
    *("eggs", "flowers", "balloons", "buttons", "tickets", "candles"),
)
GROUPS = {
    "animals": ANIMALS,
    "fruits": FRUITS,
    "pieces of furniture": FURNITURE,
    "clothes": CLOTHES,
    "tools": TOOLS,
    "musical instruments": INSTRUMENTS,
    "vehicles": VEHICLES,
    "colors": COLORS,
}
