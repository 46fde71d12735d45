"""What reviewers of the demo city say about celebrating."""

PRAISE = (
    "[we marked|we toasted|booked it for] [our tenth anniversary|my fortieth|her graduation|our engagement|his promotion|dad's retirement] [here|] and it [felt momentous|was everything we hoped for|will stay with us]",
    "[he proposed|I proposed|she said yes] [at the table by the window|over the <dish>|between courses], [I am still grinning|champagne followed]",
    "[a sparkler|a little candle|a handwritten card|confetti] [came with|arrived on] the <dish2> because [they knew it was my birthday|I had mentioned our anniversary when booking]",
    "[this is where|here is where] we [go|dress up and go] [once a year|on Valentine's|for every milestone], [a ritual by now|it makes the day feel big]",
    "[third date|first date in ages|a night out as a couple], [hands held across the table|butterflies|it could not have been more romantic]",
    "[my parents'|our] [ruby|silver|golden] wedding [dinner|party] [was held|took place] [here|in the back room], [tears, speeches|toasts and happy tears]",
    "[the tasting menu|a glass of bubbly on arrival|a toast from the house] made [our big day|the evening|her thirtieth] feel [ceremonial|grand|truly festive]",
    "if you [have something to celebrate|want to impress a date|are planning to pop the question], [book it|look no further|this is the address]",
    "[rose petals|a reserved corner|our song playing] [waiting|ready] when we arrived, [they had remembered it was our honeymoon|all for our anniversary], [swoon|she was in tears]",
    "we [raised a glass|clinked glasses] to [my new job|the newlyweds|her exam results|the baby news], [and it felt like an event|a night for the photo album]",
    "I [save|keep] this one for [red-letter days|big days|the nights that count]: [birthdays, mostly|christenings, exams, engagements]",
    "[dressing up|getting out the good suit] for [New Year's Eve|her birthday|the wedding eve] here [is half the fun|turned it into a gala]",
    "[surprise party|hen do|farewell dinner|engagement party] for [my best friend|<companion>]: [balloons|a cake with her name|a speech] and [not a dry eye|we danced between the tables]",
    "the [sommelier poured|house poured us] [something sparkling|vintage fizz] for our [anniversary|engagement|honeymoon], [pure romance|what a gesture]",
    "[once-in-a-lifetime|unforgettable|fairy-tale] evening for [our fifth anniversary|my mother's seventieth|Valentine's Day]",
    "we [got engaged|had our first date|celebrated the wedding] here [years ago|in spring] and [come back|return] every [anniversary|year on the day]",
)

COMPLAINT = (
    "I had [told them|mentioned] it was [our anniversary|her fiftieth|my birthday] and [not so much as a candle|nobody remembered], [the evening fell flat|a let-down on the day]",
    "[not|hardly] the place for [a proposal|a romantic evening|an anniversary], [they rushed us out at nine|we were put beside the toilets in our best clothes]",
    "[my birthday dinner|our wedding lunch|the graduation party] was [spoiled|a damp squib], [no toast, no cake|the reserved table was gone]",
    "we [dressed up|came in our finery] for [a big night|Valentine's] and [felt silly|it had all the romance of a bus stop]",
    "for [a celebration|a milestone|a first date] I would [choose somewhere grander|look elsewhere], [no sense of occasion|nothing festive about it]",
    "the birthday cake we [ordered|had arranged] [never came|had the wrong name on it], [poor <companion>|a sour note on a big day]",
)

FRAGMENTS = (
    "[anniversary|birthday|engagement|graduation] [dinner|night], [magical|unforgettable|pure romance|a triumph]",
    "[date night|Valentine's|proposal] [perfection|material|approved]",
    "candle on the cake, [happy tears|birthday made|mum was thrilled]",
    "[big days|milestones|anniversaries] only: [worth dressing up|it feels grand]",
    "[champagne|bubbles|toasts] and [a proposal|a ring|my thirtieth]",
    "she said yes [here|over dessert|by the window]",
)
