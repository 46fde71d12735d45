"""What reviewers of the demo city say about how it tastes."""

PRAISE = (
    "the <dish> <was> [silky|smoky|deeply savoury|crisp at the edges|bright with herbs|packed with umami|spiced just so|juicy all the way through]",
    "the <dish> and the <dish2> both tasted [incredible|superb|like a holiday|as if someone had fussed over every bite]",
    "[whoever is|someone] in that kitchen [clearly|obviously|] knows [how to season|what to do with|how to coax every last bit of taste out of] <ingredient>",
    "you can taste that the <ingredient> <is> [the good stuff|top grade|handled with respect|never from a tin|prepared from scratch]",
    "I [dreamt|thought|daydreamed] about the <dish> [for days|that night|all the way home|through two meetings the next morning]",
    "[one|first|a single] bite of the <dish> and [I was sold|I went quiet|my eyes closed|<companion> stole half my plate]",
    "[the cook|the chef|the kitchen] [builds|layers|packs] [so much|real|a ridiculous amount of] depth into [a plate|a portion|something as simple as a helping] of <dish>",
    "nobody in <city> [makes|cooks|does] <dish> [like this|this well|with so much care]",
    "the [balance|contrast] of [salt, acid and heat|sweet and sour|fat and crunch|smoke and sweetness] in the <dish> <is> [spot on|a small miracle|what I crave]",
    "I [mopped up|scraped up|chased] the last of the <dish> with [bread|a finger, shamelessly|my spoon]",
    "order the <dish>: [the sauce alone deserves a medal|<it> ruined every other version for me|trust me, so tasty]",
    "what [gets me through the door|drags me across town|I come for] [every time|again and again|] is the taste of their <dish>",
    "as long as the <dish> [stay<s>|remain<s>] this tasty I [forgive|will forgive] them everything else",
    "texture of the <dish>, [a proper crunch then a soft middle|tender enough to eat with a spoon|not a greasy mouthful anywhere]: [wow|exactly right|flawless]",
    "[even|] the <dish2>, usually an afterthought, <was> [gorgeous|mouth-watering|punchy and fragrant|full of <ingredient>]",
    "the <ingredient> really [sing<s>|shine<s>|come<s> through] in the <dish>",
    "[tastiest|most flavoursome|finest] <dish> I've [eaten|tasted|had] [this year|since moving to <city>|in ages|outside my grandmother's kitchen]",
    "I'm [picky|fussy|a snob] about <dish> and [these people nail it|this one passes with flying colours|theirs won me over]",
    "they [simmer|cure|bake|grind|ferment] [things|half of it|nearly everything] [in-house|themselves] and it [shows|tells] in the [flavour|taste]",
    "a [clean|rich|buttery|peppery|zingy] [mouthful|flavour] that [lingers|stays with you], especially in the <dish>",
    "seasoning on the <dish> <was> [bang on|confident|masterful], with [plenty|a whisper|just enough] of <ingredient>",
    "[my|the] <dish> arrived [piping hot|steaming|sizzling] and tasted [even better than it smelled|of proper cooking|like the real thing]",
)

COMPLAINT = (
    "the <dish> <was> [rubbery|dry as dust|swimming in oil|oddly sweet|stone cold in the middle|tasteless|salty beyond rescue]",
    "[sadly|unfortunately|I'm sorry to say] the <dish> tasted of [nothing|the freezer|old frying fat|cardboard]",
    "I have had better <dish> [from a supermarket tray|at a motorway stop|on a plane]",
    "someone forgot to season the <dish>, [and|] the <ingredient> <was> [past its best|wilted|barely there]",
    "[left|pushed] most of the <dish> [on the plate|to one side] because [the texture was mush|it tasted burnt|it had no flavour whatsoever]",
    "the kitchen [murdered|ruined|has no respect for] the <ingredient>",
    "the <dish2> came [limp|lukewarm|raw in the centre|scorched underneath] and the sauce was [watery|gluey|straight from a jar]",
    "[two bites|one mouthful] of the <dish> and I was done, [far too greasy|just bitter|so stodgy]",
    "the <dish> used to taste [wonderful|so much better], [now|these days] <it> <is> [a shadow of itself|flavourless]",
    "nothing on the plate tasted [fresh|alive|of much], least of all the <dish>",
)

FRAGMENTS = (
    "<dish>: [superb|outstanding|so tasty|a knockout|properly good eating]",
    "[gorgeous|stunning|faultless] <dish>",
    "[tender|crisp|smoky|fragrant|punchy] <dish>, [bold seasoning|great sauce|wow|cleaned the plate]",
    "flavour [bomb|city|for days]",
    "[seriously|properly|dangerously] tasty <dish>",
    "great <ingredient>, great cooking",
)
