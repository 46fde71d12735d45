"""The kinds of places in the invented city: what they are called, serve and tend to be good at."""

from __future__ import annotations

from typing import NamedTuple


class Cuisine(NamedTuple):
    """One kind of place.

    Args:
        category: what stands above the door. titles: name templates.
        dishes, ingredients, drinks: what reviewers talk about; a trailing "*" marks a plural.
        price: typical price level, 1 (cheap) to 3 (dear).
        leans: motivations such places tend to be strong in.
    """

    category: str
    titles: tuple[str, ...]
    dishes: tuple[str, ...]
    ingredients: tuple[str, ...]
    drinks: tuple[str, ...]
    price: int
    leans: tuple[str, ...]


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(","))


def _cuisine(category: str, titles: str, dishes: str, ingredients: str, drinks: str, price: int, leans: str = "") -> Cuisine:
    names = tuple(title.strip() for title in titles.split(";"))
    return Cuisine(category, names, _words(dishes), _words(ingredients), _words(drinks), price, tuple(leans.split()))


CUISINES: tuple[Cuisine, ...] = (
    _cuisine(
        "Trattoria",
        "Trattoria [Belluno|Serafina|del Ponte|Montalto]; Osteria [Nove|Lucente|della Luna]; [Nonna|Zia] [Pia|Rosalba|Ines]; Casa [Bertolli|Verdi]",
        "cacio e pepe, pappardelle with ragù, gnocchi*, osso buco, aubergine parmigiana, ravioli*, tiramisù, burrata, risotto, veal milanese",
        "tomatoes*, basil, olive oil, parmesan",
        "house red, Aperol spritz, espresso",
        2,
        "special_occasions",
    ),
    _cuisine(
        "Pizzeria",
        "Pizzeria [Vesuvio|Amalfi|Da Gino]; [Stone & Flame|Blister|Dough Street|Margherita Club]; [Forno|Slice] [Quaranta|Rosso|& Sons]",
        "margherita, marinara pizza, diavola, calzone, garlic knots*, four-cheese pizza, nduja pizza, rocket salad, panna cotta",
        "mozzarella, sourdough crust, tomatoes*, basil",
        "draught lager, blood orange soda, limoncello",
        1,
        "family_groups value_for_money",
    ),
    _cuisine(
        "Ramen bar",
        "[Tanuki|Hoshi|Menya|Kaze|Suzume] Ramen; Noodle [Yard|Lantern|Alley]; [Two|Three] Bowls",
        "tonkotsu ramen, shoyu ramen, miso ramen, tsukemen, gyoza*, karaage, spicy tan tan, ajitama egg, pork buns*",
        "broth, chashu, noodles*, chilli oil",
        "Japanese lager, yuzu soda, green tea",
        1,
        "speed_convenience food_quality",
    ),
    _cuisine(
        "Sushi counter",
        "Sushi [Mori|Kawa|Tsuki|Nami]; [The Quiet|Little] Tuna; [Omakase|Nigiri] [House|Nine|& Co]",
        "salmon nigiri, omakase set, tuna rolls*, chirashi bowl, eel, hand rolls*, miso soup, sashimi platter, tamago",
        "tuna, rice, wasabi, yellowtail",
        "cold sake, plum wine, genmaicha",
        3,
        "special_occasions food_quality",
    ),
    _cuisine(
        "Taqueria",
        "Taqueria [El Faro|La Palma|Tres Hermanas]; [Casa|Cantina] [Agave|Pilar|Colibrí]; [Maíz|Comal|Verde y Rojo]",
        "carnitas tacos*, al pastor tacos*, fish tacos*, enchiladas*, chicken mole, guacamole, elote, quesadilla, churros*, pozole",
        "corn tortillas*, salsa verde, coriander, avocado",
        "horchata, margarita, hibiscus water",
        1,
        "value_for_money speed_convenience",
    ),
    _cuisine(
        "Curry house",
        "[Saffron|Cardamom|Tamarind] [Gate|Lane|Room]; [Jaipur|Malabar|Lahore] [House|Kitchen|Table]; Mrs [Kapoor|Iyer|Anand]'s",
        "butter chicken, lamb rogan josh, saag paneer, masala dosa, chana masala, biryani, garlic naan, dal makhani, samosas*, fish curry",
        "cardamom, ghee, tamarind, basmati rice",
        "mango lassi, masala chai, Indian lager",
        2,
        "health_diet family_groups",
    ),
    _cuisine(
        "Thai kitchen",
        "[Lemongrass|Jasmine|Galangal] [House|Kitchen|Corner]; [Baan|Chao] [Suan|Phraya|Nok]; Auntie [Noi|Malee]'s",
        "pad thai, green curry, massaman curry, tom yum, papaya salad, pad see ew, satay skewers*, mango sticky rice, drunken noodles*",
        "lemongrass, Thai basil, coconut milk, lime leaves*",
        "Thai iced tea, coconut water, Singha",
        1,
        "speed_convenience health_diet",
    ),
    _cuisine(
        "Vietnamese café",
        "Phở [Hạnh|Lan|19]; [Saigon|Hội An|Bamboo] [Corner|Stove|Morning]; Bánh [& Broth|Street]",
        "beef phở, bánh mì, summer rolls*, bún chả, lemongrass tofu, vermicelli bowl, crispy spring rolls*, bún bò Huế",
        "mint, star anise, fish sauce, rice noodles*",
        "iced coffee with condensed milk, soda chanh, lotus tea",
        1,
        "health_diet value_for_money",
    ),
    _cuisine(
        "Dumpling house",
        "[Golden|Jade|Paper] [Crane|Lantern|Lotus]; [Mr|Madame] [Wu|Chen|Liang]'s [Dumplings|Kitchen]; Steam [& Fold|Basket]",
        "soup dumplings*, pork potstickers*, dan dan noodles*, mapo tofu, kung pao chicken, scallion pancakes*, hot and sour soup, Peking duck",
        "ginger, Sichuan pepper, black vinegar, chilli crisp",
        "jasmine tea, Tsingtao, plum juice",
        1,
        "family_groups value_for_money",
    ),
    _cuisine(
        "Korean barbecue",
        "[Seoul|Hanok|Namsan] [Grill|Embers|Table]; [Bulgogi|Kimchi] [Brothers|Social|Yard]; Charcoal [& Soju|Moon]",
        "galbi, pork belly, bibimbap, bulgogi, kimchi stew, seafood pancake, japchae, fried chicken, banchan*",
        "kimchi, gochujang, sesame oil, short rib",
        "soju, makgeolli, barley tea",
        2,
        "family_groups atmosphere",
    ),
    _cuisine(
        "Taverna",
        "Taverna [Naxos|Eleni|Kalypso]; [The Blue|The White] [Shutter|Olive|Boat]; [Yiayia|Kyria] [Maria|Despina]",
        "moussaka, grilled octopus, lamb kleftiko, souvlaki, spanakopita, Greek salad, stuffed vine leaves*, saganaki, baklava",
        "feta, oregano, olive oil, lemon",
        "ouzo, retsina, Greek coffee",
        2,
        "friendly_service family_groups",
    ),
    _cuisine(
        "Mezze house",
        "[Cedar|Fig|Pomegranate] [& Za'atar|Tree|Court]; [Beirut|Damascus] [Table|Nights|Terrace]; [Layla|Habibi]'s",
        "hummus, shawarma, fattoush, lamb kofta, falafel, baba ganoush, mixed grill, halloumi, knafeh, tabbouleh",
        "tahini, za'atar, chickpeas*, pomegranate",
        "mint lemonade, arak, cardamom coffee",
        2,
        "health_diet family_groups",
    ),
    _cuisine(
        "Ethiopian kitchen",
        "[Addis|Lalibela|Abyssinia] [House|Hearth|Table]; [Injera|Berbere] [& Friends|Room]; Mama [Tsehay|Almaz]",
        "doro wat, tibs, misir wat, shiro, kitfo, gomen, vegetable platter, injera, lentil sambusas*",
        "berbere, injera, lentils*, spiced butter",
        "honey wine, Ethiopian coffee, ginger tea",
        2,
        "health_diet friendly_service",
    ),
    _cuisine(
        "Bistro",
        "[Chez|Bistro] [Mireille|Lucien|Colette|Armand]; [Le Petit|La Belle] [Moulin|Lanterne|Marée]; Café [Saint-Roch|Odile]",
        "steak frites, duck confit, onion soup, moules marinières*, boeuf bourguignon, coq au vin, tarte tatin, crème brûlée, escargots*",
        "butter, thyme, shallots*, gruyère",
        "Burgundy, kir royale, café crème",
        3,
        "special_occasions atmosphere",
    ),
    _cuisine(
        "Steakhouse",
        "[Ember|Iron|Oak] & [Salt|Rye|Bone]; The [Copper|Black] [Bull|Grill|Cleaver]; [Hargrove|Dunmore]'s Chophouse",
        "ribeye, fillet, sirloin, creamed spinach, truffle mash, tomahawk, wedge salad, bone marrow, peppercorn sauce",
        "dry-aged beef, bone marrow, smoked salt, horseradish",
        "Malbec, old fashioned, dry martini",
        3,
        "special_occasions friendly_service",
    ),
    _cuisine(
        "Seafood grill",
        "The [Salty|Lucky|Patient] [Gull|Heron|Limpet]; [Harbour|Breakwater|Tidewater] [Grill|Shack|Room]; [Captain|Widow] [Orla|Finch]'s",
        "oysters*, grilled sea bass, fish and chips, lobster roll, clam chowder, crab cakes*, seared scallops*, mussels*, fish pie",
        "halibut, samphire, lemon, crab",
        "Muscadet, pale ale, gin and tonic",
        3,
        "atmosphere special_occasions",
    ),
    _cuisine(
        "Burger joint",
        "[Smash|Patty|Griddle] [& Bun|Works|Station]; [Big|Lucky|Uncle] [Otis|Dell|Mo]'s; Burger [Hatch|Depot|& Brine]",
        "double cheeseburger, smash burger, loaded fries*, onion rings*, fried chicken burger, chilli dog, milkshake, veggie burger, sweet potato fries*",
        "beef, pickles*, brioche bun, American cheese",
        "root beer, vanilla shake, local IPA",
        1,
        "speed_convenience value_for_money",
    ),
    _cuisine(
        "Smokehouse",
        "[Hickory|Mesquite|Applewood] [& Ash|Yard|Pit]; [Smoke|Low & Slow] [Society|Junction]; [Big Ray|Earl|Josie]'s Barbecue",
        "brisket, pulled pork, baby back ribs*, burnt ends*, smoked wings*, mac and cheese, cornbread, collard greens*, pecan pie",
        "bark, oak smoke, dry rub, vinegar sauce",
        "bourbon sour, sweet tea, amber ale",
        2,
        "family_groups food_quality",
    ),
    _cuisine(
        "Vegetarian kitchen",
        "[Green|Wild|Kind] [Fork|Root|Acre]; [Beet|Sprout|Kale] [& Barley|Yard]; The [Turnip|Nettle] [Room|Press]",
        "mushroom bourguignon, cauliflower steak, lentil shepherd's pie, buddha bowl, jackfruit tacos*, beetroot tartare, grain salad, cashew cheesecake",
        "kale, beetroot, tempeh, seasonal vegetables*",
        "kombucha, oat latte, pressed apple juice",
        2,
        "health_diet atmosphere",
    ),
    _cuisine(
        "Bakery",
        "[Crumb|Levain|Butter] & [Crust|Honey|Salt]; [Hollis|Marlow|Pettigrew]'s Bakery; The [Early|Floury] [Loaf|Rooster|Apron]",
        "almond croissant, sourdough loaf, cinnamon bun, quiche, pain au chocolat, sausage roll, lemon tart, cardamom knots*, ham and cheese toastie",
        "butter, rye flour, vanilla, poppy seeds*",
        "flat white, hot chocolate, Earl Grey",
        1,
        "speed_convenience food_quality",
    ),
    _cuisine(
        "Coffee house",
        "[Second|Slow|Northern] [Pour|Kettle|Light]; [Finch|Otter|Moss] Coffee; The [Paper|Reading|Corner] [Cup|Room]",
        "cortado, pour-over, banana bread, avocado toast, flat white, carrot cake, cold brew, breakfast bun, granola bowl",
        "beans*, foam, single-origin roast, oat milk",
        "filter coffee, chai latte, iced americano",
        1,
        "atmosphere friendly_service",
    ),
    _cuisine(
        "Diner",
        "[Sunny|Dot|Mabel]'s Diner; The [Blue|Silver] [Spoon|Plate|Booth]; [Eggs|Griddle] & [Company|Sunday|Gravy]",
        "buttermilk pancakes*, eggs Benedict, hash browns*, chicken and waffles, huevos rancheros, French toast, club sandwich, corned beef hash, shakshuka",
        "maple syrup, eggs*, bacon, hollandaise",
        "bottomless coffee, mimosa, fresh orange juice",
        1,
        "family_groups friendly_service",
    ),
    _cuisine(
        "Tapas bar",
        "Bar [Olivares|Mendoza|Chueca]; [La Tinaja|El Rincón|La Cigala]; [Vermut|Jamón] [& Luz|Club]",
        "patatas bravas*, jamón croquettes*, gambas al ajillo*, tortilla, grilled padrón peppers*, octopus, chorizo in cider, manchego, Basque cheesecake",
        "paprika, sherry vinegar, anchovies*, saffron",
        "sangria, dry sherry, vermouth",
        2,
        "atmosphere family_groups",
    ),
    _cuisine(
        "Ice-cream parlour",
        "[Scoop|Cone|Sundae] [& Saucer|Parade|Palace]; Gelateria [Luna|Brina|Polare]; The [Melting|Frozen] [Point|Fig]",
        "pistachio gelato, salted caramel scoop, knickerbocker glory, lemon sorbet, affogato, waffle cone, banana split, hazelnut gelato, vegan chocolate sorbet",
        "pistachios*, vanilla, dark chocolate, cream",
        "milkshake, espresso, elderflower soda",
        1,
        "family_groups value_for_money",
    ),
)
