"""What reviewers of the demo city say about coming with children or a crowd."""

PRAISE = (
    "[our|the] [toddler|twins|four-year-old|three boys] [got crayons|were given dough to play with|had a corner full of toys] and [stayed happy throughout|nobody minded the noise]",
    "[we turned up|we were] [eleven|nine|fourteen|a dozen], [cousins, aunts and a pram|the whole football team|three generations], and they [pushed tables together|found us a long table] [at once|without blinking]",
    "[small|half-size] [portions|plates] for [little ones|the under-tens], [and a high chair appeared|plus a changing table in the loo], [parents will understand|a parent's dream]",
    "[my|our] [daughter|son|grandson|little girl] [asks|begs] to [come|go] here [every weekend|after swimming|whenever she can]",
    "[sharing platters|big bowls in the middle|dishes for the whole table] [suit|work for] [our gang|that rowdy crew|our lot], [everyone digs in|no squabbling]",
    "[grandparents|gran and grandad], [babies|teenagers] and [everybody in between|fussy eaters alike] [found something they liked|left happy], [rare for our clan|a miracle]",
    "the [play corner|sandpit outside|fish tank|aquarium by the door] [keeps|kept] the [kids|small ones|children] [busy|entertained] while [the grown-ups talk|we finish a <drink>]",
    "[there is|they keep] a [private|long] [room|table] [upstairs|at the back] that [seats twenty|swallows our whole choir|took our entire office], [easy to book|no minimum spend]",
    "[splitting the bill|separate cheques] between [eight|twelve|ten] [mates|of us|colleagues] was [no drama|handled cheerfully]",
    "[Sunday lunch|weekend brunch] with [the children|our brood|two kids under five] is [usually chaos|often a battle] but [here it is a joy|not at this address]",
    "we [meet|gather] here [every month|each <day>], [the book club|the old school crowd|six families from our street], because [there is room for all of us|they can handle a mob]",
    "[prams|buggies|pushchairs] [fit between the tables|are no problem], [the ramp helps|staff even heat the baby's bottle]",
    "[they let|the chef let] the kids [stamp out their own dough|peek into the kitchen|choose toppings], [mine talked about it for a week|eyes like saucers]",
    "I choose it because [the little ones are welcome|my children can be children|it works for the entire tribe]",
    "[noisy kids|a wriggly toddler|a table of giddy teenagers] [never a raised eyebrow|no problem at all], [thank goodness|we felt at ease as parents]",
    "[big|round] tables with [a lazy Susan|benches], [made for|perfect for] [a reunion|a crowd|the in-laws], [all fourteen of us|the cousins loved it]",
)

COMPLAINT = (
    "[no high chairs|not a single high chair|nowhere to change a nappy], [hard work|hopeless] with [a baby|small children]",
    "they [split|scattered] our [group|party of nine|gang] over [three|four] tables, [so much for a get-together|we might as well have stayed at home]",
    "[got|we got] [glares|filthy looks] because [my toddler laughed|our baby cried|the kids were wriggling], [clearly not meant for families|adults only, then]",
    "nothing [the children would eat|for kids], [my two lived on bread|we stopped for fries on the way home]",
    "[a booking for ten|our big table] was [given away|downsized] [without a call|at the last minute], [try explaining that to the aunts|half the group went elsewhere]",
    "no [pushchairs|prams] [allowed|inside], [so off we went|with a sleeping infant, thanks]",
    "they refuse to [seat more than six|split the bill for groups|reserve for a crowd], [useless for a team outing|our club went elsewhere]",
)

FRAGMENTS = (
    "[kids|children|the twins|our toddler] [loved it|happy|entertained|adored the toy corner]",
    "[high chairs, crayons, half portions|room for the pram|toys in the corner]: [sorted|parents rejoice]",
    "[ten|twelve|nine] of us, one [big|long] table, [no fuss|no stress]",
    "[brilliant|great|ideal] with [little ones|the grandchildren|a gang|a whole clan]",
    "family [lunch|outing|Sunday] [sorted|saved]",
    "[the whole team|the entire clan|the cousins] fitted in",
)
