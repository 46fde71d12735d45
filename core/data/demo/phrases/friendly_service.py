"""What reviewers of the demo city say about the people who served them."""

PRAISE = (
    "<staff> [remembered|knew|recalled] [my name|my usual|that I hate coriander|us from last autumn], [which melts me every time|small thing, big smile]",
    "[everyone|the whole team|the crew] [greets|hugs|welcomes] [you|regulars and strangers alike] [like family|like a long-lost cousin|with a grin]",
    "<staff> [could not have been|was] [sweeter|warmer|more patient|more gracious] when [I spilled my <drink>|we changed our order twice|I asked a hundred questions]",
    "[hospitality|kindness] like this is [rare|disappearing], <staff> [walked us to the door|brought a blanket when I shivered|sat down to explain the card]",
    "[our server|our host|the lad serving us|the girl behind the bar] had [a wicked sense of humour|time for everybody|the kindest smile] and [checked in at just the right moments|never hovered]",
    "I [return|come back|keep coming] [because of|for] the people [who work here|behind the counter|on the floor], [they treat you like a human being|genuinely lovely bunch]",
    "they [noticed|spotted] [our empty glasses|that I was cold|the wobbly table] before we [said a word|could ask] and [sorted it|fixed it] with a [smile|wink]",
    "<staff> [recommended|talked us through|gave us a little tour of] [the menu|the wines|the whole card] with [real enthusiasm|such warmth|infectious joy]",
    "[when|after] [my order went wrong|they mixed up our plates], <staff> [apologised|said sorry] [sincerely|at once] and [put it right|made a fuss of us]",
    "such [courteous|cheerful|thoughtful|polite] [people|waiters|folk], [you leave feeling taller|nothing is too much trouble|a chat and a laugh every visit]",
    "<staff> [is an absolute gem|deserves a raise|ought to run a charm school|made my whole week]",
    "[the welcome|the way they look after you] is [what I value most|why this is my local|the real draw here]",
    "[they|the waiters] [joke|chat|banter] with [the regulars|every table|my shy <relative>] and [mean it|never in a pushy way|it feels sincere]",
    "[treated|looked after] [me|us] [like royalty|like old friends|with such care], [even though we looked a mess|even on a hectic <day>]",
    "[attentive|good-humoured|unhurried|gracious] waiting staff who [listen|actually listen|ask how you are and wait for the answer]",
    "the [manager|owner|boss] [himself|herself|] [came round|stopped by our table] to [ask how things were|thank us|shake hands]",
    "I was [dining alone|by myself] and <staff> [kept me company|made sure I felt at home|slipped me a newspaper and a kind word]",
)

COMPLAINT = (
    "<staff> [rolled her eyes|sighed|barely looked up|snapped at us] when [we asked for water|I asked a simple question|we wanted to pay]",
    "[the waiters|the team] [acted|behaved] as if we were [a nuisance|invisible|interrupting a private party]",
    "not a [smile|hello|thank you] from [anyone|the whole crew] [all evening|from start to finish]",
    "I have [rarely|never] been [spoken to|treated] so [curtly|dismissively|coldly] [by a waiter|in a restaurant]",
    "<staff> [argued with me|shrugged|walked off] when I [pointed out a mistake|asked for help], [no apology|charming]",
    "[attitude|manners]: [dreadful|sullen|snooty], [they need some training|they clearly hate their jobs]",
    "[we|I] had to [wave|beg|chase someone] [for a fork|to be noticed], [nobody cared|they stood chatting among themselves]",
    "the [owner|manager] was [hostile|short with us|sarcastic] and [it soured the mood|I won't be spoken to like that]",
)

FRAGMENTS = (
    "[lovely|charming|sweet|cheerful] [waiters|people|team|crew]",
    "<staff> [is a star|is a gem|was so kind|was an angel]",
    "[warm|proper] welcome [every time|again|]",
    "[kind|polite|funny] staff [who remember you|with time for a chat|]",
    "felt [looked after|at home|like family] [from the first hello|]",
    "hospitality [at its best|of the old school]",
)
