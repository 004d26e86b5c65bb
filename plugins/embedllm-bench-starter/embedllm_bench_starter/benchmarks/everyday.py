"""What people know: capitals, animals, what things are for and made of, and a little science."""

from random import Random

from embedllm_bench_starter.drafts import Draft, collect, listed, others, table
from embedllm_bench_starter.question import Question


def _table(text: str) -> dict[str, str]:
    return dict(line.split(": ") for line in text.strip().splitlines())


_CAPITALS = _table("""
France: Paris
Italy: Rome
Spain: Madrid
Germany: Berlin
Japan: Tokyo
Egypt: Cairo
Greece: Athens
Portugal: Lisbon
Austria: Vienna
Poland: Warsaw
Norway: Oslo
Hungary: Budapest
Kenya: Nairobi
Cuba: Havana
Peru: Lima
Slovenia: Ljubljana
Ghana: Accra
Ireland: Dublin
Denmark: Copenhagen
Sweden: Stockholm
Belgium: Brussels
Thailand: Bangkok
Argentina: Buenos Aires
Ukraine: Kyiv
""")
# Countries whose best-known city is another one.
_SEATS = table("""
Australia: Canberra, Sydney, Melbourne, Perth
Canada: Ottawa, Toronto, Montreal, Vancouver
Brazil: Brasilia, Rio de Janeiro, Salvador, Recife
Turkey: Ankara, Istanbul, Izmir, Antalya
Switzerland: Bern, Zurich, Geneva, Basel
Morocco: Rabat, Casablanca, Marrakesh, Tangier
Pakistan: Islamabad, Karachi, Lahore, Multan
New Zealand: Wellington, Auckland, Hamilton, Dunedin
Nigeria: Abuja, Lagos, Ibadan, Kano
Vietnam: Hanoi, Saigon, Hue, Danang
Kazakhstan: Astana, Almaty, Shymkent, Aktobe
Tanzania: Dodoma, Mwanza, Arusha, Zanzibar
Ecuador: Quito, Guayaquil, Cuenca, Loja
India: New Delhi, Mumbai, Calcutta, Chennai
China: Beijing, Shanghai, Shenzhen, Canton
Myanmar: Naypyidaw, Yangon, Mandalay, Bagan
""")
_HERDS = table("""
lions: pride, herd, swarm, flock
wolves: pack, herd, flock, school
fish: school, herd, pack, swarm
bees: swarm, herd, pack, flock
sheep: flock, pack, pride, school
elephants: herd, swarm, pack, school
whales: pod, herd, swarm, pride
crows: murder, herd, pride, pod
puppies: litter, swarm, herd, murder
geese: gaggle, pack, pod, litter
ants: colony, pod, pride, litter
owls: parliament, colony, pack, gaggle
""")
_CONTINENTS = _table("""
India: Asia
Mongolia: Asia
Thailand: Asia
Nigeria: Africa
Ethiopia: Africa
Zambia: Africa
Belgium: Europe
Denmark: Europe
Ireland: Europe
Chile: South America
Bolivia: South America
Uruguay: South America
Mexico: North America
Guatemala: North America
""")
_YOUNG = _table("""
dog: puppy
cat: kitten
cow: calf
horse: foal
sheep: lamb
hen: chick
goat: kid
pig: piglet
duck: duckling
frog: tadpole
swan: cygnet
lion: cub
kangaroo: joey
deer: fawn
goose: gosling
owl: owlet
""")
_HOMES = _table("""
bee: hive
bird: nest
spider: web
horse: stable
dog: kennel
lion: den
rabbit: burrow
fish: aquarium
hen: coop
ant: hill
beaver: lodge
pig: sty
""")
_USES = _table("""
cut paper: scissors
sweep the floor: broom
dig a hole: shovel
open a lock: key
see distant stars: telescope
tell the time: clock
boil water: kettle
wash your hands: soap
dry your hair: towel
hit a nail: hammer
write on a blackboard: chalk
stay dry in the rain: umbrella
measure a temperature: thermometer
find the north: compass
see tiny cells: microscope
weigh flour: scale
sew on a button: needle
light a candle: match
keep food cold: fridge
iron a shirt: iron
join two boards: glue
climb onto a roof: ladder
cook an omelette: pan
tighten a bolt: wrench
measure air pressure: barometer
smooth rough wood: sandpaper
""")
_MADE = _table("""
a window: glass
a book: paper
a tire: rubber
a sweater: wool
bread: flour
cheese: milk
a coin: metal
a castle wall: stone
wine: grapes
a candle: wax
chocolate: cocoa
a clay pot: clay
raisins: grapes
jeans: cotton
an omelette: eggs
a beehive's comb: wax
yogurt: milk
a wedding ring: gold
""")
_COLORED = _table("""
grass: green
snow: white
the sky on a clear day: blue
a ripe banana: yellow
a ripe tomato: red
coal: black
chocolate: brown
a carrot: orange
an emerald: green
a ruby: red
a sapphire: blue
a flamingo: pink
a polar bear: white
a raven: black
an eggplant: purple
the yolk of an egg: yellow
""")
# The right answer, then wrong ones.
_SCIENCE = table("""
Which planet is closest to the sun?: Mercury, Venus, Mars, Saturn
Which planet is the largest?: Jupiter, Mars, Earth, Neptune
Which planet is known for its rings?: Saturn, Mars, Venus, Mercury
Which gas do people need to breathe?: oxygen, helium, hydrogen, methane
Which gas makes up most of the air?: nitrogen, oxygen, helium, argon
Which gas do plants take in to grow?: carbon dioxide, nitrogen oxide, hydrogen gas, helium gas
What is frozen water called?: ice, steam, fog, dew
What does water become when it boils?: steam, ice, snow, sand
Which organ pumps blood?: the heart, the liver, the brain, the skin
Which organ do we think with?: the brain, the heart, the lungs, the bones
Which organ filters the blood?: the kidney, the stomach, the eye, the tongue
Which force pulls things to the ground?: gravity, magnetism, friction, electricity
What does a magnet attract?: iron, wood, glass, paper
Which metal is liquid at room temperature?: mercury, copper, silver, iron
What is the chemical symbol of gold?: Au, Ag, Go, Gd
What is the chemical symbol of iron?: Fe, Ir, In, Fr
What is the chemical symbol of water?: H2O, CO2, O2, NaCl
What is table salt called in chemistry?: sodium chloride, calcium carbonate, potassium iodide, hydrogen peroxide
Which part of a plant takes up water?: the roots, the flower, the fruit, the leaves
Which animal is a mammal?: a whale, a shark, a frog, a snake
Which animal is an insect?: a beetle, a spider, a snail, a worm
Which animal is a reptile?: a lizard, a toad, a trout, a sparrow
Which bird cannot fly?: a penguin, an eagle, a swallow, a crow
Which travels fastest?: light, sound, wind, water
Which metal conducts electricity best?: silver, copper, gold, aluminum
Which planet is the hottest?: Venus, Mercury, Mars, Jupiter
Which planet spins fastest?: Jupiter, Saturn, Earth, Mars
Which organ makes insulin?: the pancreas, the liver, the kidney, the stomach
Which human bone is the longest?: the femur, the tibia, the humerus, the ulna
Which acid is in vinegar?: acetic acid, citric acid, lactic acid, formic acid
Which element is most common in the Earth's crust?: oxygen, silicon, iron, aluminum
What is the chemical symbol of tungsten?: W, T, U, N
What is the chemical symbol of potassium?: K, P, S, N
Which gas is the lightest?: hydrogen, helium, oxygen, nitrogen
Which mammal lays eggs?: the platypus, the bat, the dolphin, the sloth
Which ocean is the smallest?: the Arctic, the Indian, the Atlantic, the Pacific
Which star is nearest to the Earth?: the Sun, Sirius, Polaris, Vega
Which blood cells fight infections?: white ones, red ones, blue ones, green ones
Which vitamin does sunlight give us?: vitamin D, vitamin C, vitamin A, vitamin K
What does a thermometer measure?: temperature, pressure, weight, speed
What does a caterpillar turn into?: a butterfly, a spider, a bird, a worm
What does a seismograph record?: earthquakes, storms, tides, heartbeats
Which sense uses the nose?: smell, taste, touch, hearing
What do bees collect from flowers?: nectar, seeds, leaves, water
Which scale measures how acid something is?: the pH scale, the Richter scale, the Kelvin scale, the Mohs scale
In which direction does the sun rise?: the east, the west, the north, the south
""")


def generate(random: Random) -> list[Question]:
    makers = {"geography": _geography, "animals": _animals, "things": _things, "science": _science}
    return collect("everyday", random, makers)


def _pick(random: Random, table: dict[str, str], *templates: str) -> Draft:
    asked, right = random.choice(list(table.items()))
    return Draft(random.choice(templates).format(asked), right, others(random, right, table.values()))


def _geography(random: Random) -> Draft:
    kind = random.random()
    if kind < 0.5:
        return listed(random, _SEATS, "Which city is the capital of {}?", "Name the capital city of {}.")
    if kind < 0.8:
        return _pick(random, _CAPITALS, "What is the capital of {}?", "Which city is the capital of {}?")
    return _pick(random, _CONTINENTS, "On which continent is {}?")


def _animals(random: Random) -> Draft:
    kind = random.random()
    if kind < 0.3:
        return listed(random, _HERDS, "What is a group of {} called?", "What do you call many {} together?")
    if kind < 0.7:
        return _pick(random, _YOUNG, "What is the young of a {} called?", "What do you call a baby {}?")
    return _pick(random, _HOMES, "Where does a {} live?", "What is the home of a {} called?")


def _things(random: Random) -> Draft:
    kind = random.random()
    if kind < 0.5:
        return _pick(random, _USES, "What do you use to {}?", "Which of these helps to {}?")
    if kind < 0.75:
        return _pick(random, _MADE, "What is used to make {}?")
    return _pick(random, _COLORED, "What is the color of {}?")


def _science(random: Random) -> Draft:
    return listed(random, _SCIENCE, "{}")
