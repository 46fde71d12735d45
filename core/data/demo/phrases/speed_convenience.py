"""What reviewers of the demo city say about waiting and getting there."""

PRAISE = (
    "[our plates|our order|everything|my <dish>] [landed|reached the table|appeared] [within|in under] <minutes> minutes [of ordering|flat|even at peak hour]",
    "[ordered|rang ahead|tapped it into the app] [at noon|on the tram|from my desk] and [my bag was waiting|it was bagged up when I got there|I collected it <minutes> minutes later]",
    "I have a [forty|thirty|forty-five]-minute lunch break and they [always get me back on time|never make me late]",
    "two [steps|stops|minutes] from [the station|my tram stop|the ferry|the bus terminal], [ideal|so handy] [before a train|on the commute|when you are dashing]",
    "[no|never any|hardly a] queue, [no booking needed|you just walk in and sit|table straight away even on a <day>]",
    "[there is|they have] [a car park behind the building|free parking after six|bike racks right outside], [a godsend|so practical] in <area>",
    "[open|the kitchen runs] [until two in the morning|from six, before my shift|seven days a week|through the afternoon], [which suits my odd hours|a lifesaver after a night shift]",
    "[the drive-through|the takeaway hatch|the click-and-collect shelf] [works like clockwork|moves fast|saves my weekday evenings]",
    "their [courier|delivery rider] [reached|got to] [my flat|us] in <minutes> minutes, [still hot|ahead of the estimate]",
    "I pick this spot because [I am always in a rush|it's on my way home|nothing drags], [grab and run|sit, eat, pay, gone]",
    "[paying|settling up] [at the table by phone|with a tap] [took seconds|spares you the usual hanging about]",
    "[quick|swift|lightning] [turnaround|kitchen], [ate and caught the 12:40|we still made the film|from door to door half an hour]",
    "[the line|the queue] [looks scary|stretches outside] but [moves at a fair clip|you are at the till in <minutes> minutes]",
    "[reserving online|booking a slot] is [painless|done in three taps] and they [seat you on the dot|are punctual to the minute]",
    "[when I am short of time|between two meetings|on a busy <day>] this is [the one place I trust to be fast|my refuelling stop]",
    "[right by|next door to|across the road from] [my gym|the office|the hospital where I work], so [popping in is effortless|it takes no planning]",
    "efficient [operation|people], [not a minute wasted|the <dish> came out before I had hung up my coat]",
)

COMPLAINT = (
    "[we sat|I sat|sat] [for fifty minutes|three quarters of an hour|over an hour] before [anything|the <dish>|a single plate] [appeared|turned up]",
    "[the queue|the line] [barely moved|went round the block] and [I gave up the first time|my lunch break was gone]",
    "[nowhere to park|circled for twenty minutes to park|a trek from the nearest stop], [allow extra time|what a hassle]",
    "they [shut|close] [at eight|on <day>s|without notice], [the website says otherwise|useless for anyone with a job]",
    "[slow|glacial|snail-paced] kitchen: [<minutes> minutes for a <drink>|an age between courses|I aged visibly]",
    "[our delivery|the takeaway] took [ages|an hour and a half] and [went to the wrong street|was stone cold on arrival]",
    "had a reservation for [seven|half eight] and still [hung around by the door|waited at the bar] for <minutes> minutes",
    "the ordering app [crashed|froze] twice, [so I stood in line anyway|not exactly a time saver]",
)

FRAGMENTS = (
    "<minutes> minutes, [door to door|order to table|done]",
    "[super fast|quick|speedy] [kitchen|takeaway|lunch stop]",
    "no [queue|wait], [sat straight down|walked right in]",
    "handy for [the station|the office|the tram|the ferry]",
    "[open late|open early], [lifesaver|so useful]",
    "order ahead, [grab, go|pick up, done]",
)
