"""What reviewers of the demo city say about the room they sat in."""

PRAISE = (
    "[candles|fairy lights|old brass lamps|paper lanterns] [everywhere|on each table|along the beams] [give|lend] the room a [warm|dreamy|golden] glow",
    "I could [sit|linger|read|hide] in [that|this] [dining room|corner by the window|courtyard|back room] [all afternoon|for hours|until they throw me out]",
    "[exposed brick|dark wood|mismatched chairs|green tiles|velvet banquettes] and [a crackling stove|big windows|plants hanging from every shelf|jazz on vinyl]: [my kind of room|what a mood|somebody has an eye]",
    "from the [terrace|window seats|rooftop|garden out back] you look out over [the canal|the harbour|the rooftops of <area>|the old square], [magical|so lovely] [at dusk|in the rain|when the lamps go on]",
    "[the playlist|the music|the soundtrack] is [kept low|beautifully chosen|all soul and vinyl crackle] so you can [actually talk|hear yourself think|drift off a little]",
    "it [feels|felt] like [stepping into|being inside] [someone's living room|a film set|another century|a ship's cabin|a painting]",
    "the [room|space|place] has [real|so much|bags of] [character|soul|charm], [from the painted ceiling to the creaky floor|nothing slick about it|all nooks and crooked mirrors]",
    "[acoustics are|the hum of the room is] [gentle|pleasant|calming], [never shouty|a real rarity in <area>]",
    "I come here [for the mood of the room|to soak up the surroundings|because the interior calms me down] more than [anything|for what is on the plate]",
    "whoever [designed|decorated|furnished] this [deserves a prize|has wonderful taste|understood lighting]",
    "a [snug|airy|sunlit|moody|tranquil] [hideaway|room|spot] with [art on the walls|ceramics by local potters|linen curtains|bookshelves up to the ceiling]",
    "the [vibe|buzz|ambience] on a <day> [night|evening] is [electric|relaxed|bohemian|just right], [low lamps|people leaning in|everybody glowing] and all",
    "[lovely|such a pretty|a beautifully kept] [room|interior], [spotless|flowers on the bar|sun pouring in through the skylight]",
    "[sitting|being] under the [fig tree|glass roof|old beams|string lights] [made me forget the city|felt like a weekend away|lowered my pulse]",
    "the decoration is [quirky|understated|bold] [without being|but not] [kitsch|try-hard], [love the wallpaper|down to the hand-painted plates]",
    "soft seats, [dim|honeyed|warm] light, [a fire going|rain on the windows|a cat asleep on the sill]: [bliss|I did not want to leave|the perfect nook]",
    "[what I remember|what stays with me] is the [setting|look of the place|scene]: [the tiled bar|the arched cellar|the view down to the water]",
    "they have turned [an old tram depot|a chapel|a boathouse|a printing works] into [the prettiest room|the most stylish space] in <area>",
)

COMPLAINT = (
    "the room is [gloomy|sterile|lit like a dentist's|cold and echoing|draughty], [no charm at all|I kept my coat on]",
    "[the speakers were|music was] [blasting|thumping|deafening] so we [shouted|had to yell] across the table [all night|all evening]",
    "tables are [jammed|squeezed] together, [I heard every word of next door's divorce|elbows everywhere|someone's bag in my lap]",
    "decor [has seen better days|looks like an airport lounge|is tired and dusty], and the [toilets|loos] were [grim|filthy|not something I want to describe]",
    "[zero|no|hardly any] mood in there, [strip lights|plastic chairs|a television on every wall]",
    "the interior has all the [warmth|soul] of a [waiting room|car park|storage unit]",
    "it [stank|smelled] of [drains|bleach|old fryer] and the carpet was [sticky|stained]",
    "[such a din|so noisy] that my ears rang [on the way home|afterwards]",
)

FRAGMENTS = (
    "[lovely|gorgeous|moody|dreamy] room, [low lights|big windows|nice music|soft chairs]",
    "[candlelit|sunny|snug|airy] and [calm|stylish|pretty]",
    "great [vibe|ambience|buzz] [in the evening|on the terrace|]",
    "[terrace|window seat|courtyard]: [bliss|yes please|so pretty]",
    "interior [like a film set|full of charm|beautifully done]",
    "lovely view over [the canal|the rooftops|the harbour]",
)
