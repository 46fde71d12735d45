"""What reviewers of the demo city say about the bill."""

PRAISE = (
    "[<price>|only <price>|a mere <price>] for [the <dish>|a main|lunch|two courses] is [a steal|practically charity|unheard of in <area>|hard to argue with]",
    "the bill [came to|was] <price> [a head|each] and we [left stuffed|could not finish|took leftovers home]",
    "my wallet [thanks|loves|barely noticed] them, [<price> for the lot|nothing on the card costs more than <price>]",
    "[for|at] <price> you [won't|will not] [find|get] [a cheaper|a fairer|a more generous] plate [anywhere in <area>|this side of the river|in <city>]",
    "the [set menu|lunch deal|weekday special|two-for-one on <day>s] [is|remains] [an absolute bargain|the thriftiest meal I know|unbeatable] at <price>",
    "I am [on a student budget|counting pennies|saving for a house] and [this is where I can afford to eat out|they never make me regret it]",
    "[generous|enormous|silly] [helpings|servings|plates] for [so little money|pocket change|what others charge for a starter]",
    "[I paid|we paid|paid] <price> and [expected|would have expected] to pay [double|twice that|a fair bit more]",
    "what keeps me loyal is [the price list|how little it costs|that dinner does not empty my account]",
    "inflation [seems to have passed them by|has not reached this menu], [the <dish> still costs <price>|still <price> for the <dish>]",
    "[no|without any] [hidden extras|cover charge|sneaky service fee], [bread and water are free|refills cost nothing|the total was lower than I had guessed]",
    "you get [a lot|an awful lot|mountains] of <dish> for <price>",
    "honest [pricing|prices], [even the <drink> is only <price>|and the <drink> costs less than at the corner shop]",
    "[four|three|five] of us [ate|dined] for [less than|under|barely] what [one person pays|a couple spends] [in the centre|at the place next door|on Lantern Hill]",
    "[pound for pound|per bite], the [most economical|smartest spend|thriftiest] [dinner|meal|lunch] in town",
    "the loyalty card [gets you a free <drink>|knocks a fifth off the bill], so it [works out|ends up] [very cheap|dirt cheap]",
    "[inexpensive|wallet-friendly|budget-friendly] and [not stingy|filling|they never skimp], [<price> fed two of us|I walked out with change from <price>]",
)

COMPLAINT = (
    "<price> for [the <dish>|a thimble of <drink>|three bites] is [daylight robbery|a joke|taking the mickey]",
    "the bill [made me wince|was eye-watering|gave me a shock]: <price> [a head|each] [and we skipped dessert|with one <drink>]",
    "prices have [crept|shot] up [again|since spring], [the <dish> now costs <price>|and the plates got smaller]",
    "[tiny|doll-sized|miserly] portions at [fancy|absurd|city-centre] prices",
    "they [charge|add] extra for [everything|bread|tap water|sauce], it [all adds up|feels grasping]",
    "I cannot [justify|stomach] [spending|paying] <price> [on this|for something so small]",
    "[cost|charged] us <price>, [I went home hungry|money I would like back|nowhere near what it was worth]",
    "too [dear|pricey|costly] for [a weeknight|my salary|what lands on the table]",
)

FRAGMENTS = (
    "<price> [well spent|, bargain|for a huge plate]",
    "[dirt cheap|easy on the wallet|a steal]",
    "big [plates|helpings], small [bill|price]",
    "[lunch deal|set menu] at <price>: [bargain|unbeatable|steal]",
    "[cheapest|best-priced] <dish> in <area>",
    "fair prices, [no extras|no nonsense]",
)
