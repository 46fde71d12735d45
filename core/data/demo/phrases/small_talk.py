"""What reviewers say that gives no reason at all: openings, asides, endings, reviews about something else, headlines."""

OPENINGS = (
    "[came|went|popped in] [here|] on a [rainy|sunny|grey|windy|mild] <day> [with <companion>|on my own|after work|in <month>]",
    "[second|third|fourth|umpteenth] visit [this year|since <month>|to <place>|with <companion>]",
    "I had [walked|cycled] past <place> [for months|a hundred times|since it opened] [before going in|and never gone in]",
    "<companion> [picked|suggested|found] [this one|<place>] [last <day>|in <month>|while I was parking the bike]",
    "[we were|I was] in <area> [anyway|for an appointment|to see <companion>|to drop off some keys]",
    "[so|right|well], [<place>|this place|where do I begin]",
    "[moved|moved back] to <area> [last year|in <month>|a while ago] and [this is my first review|am working through the street]",
    "my [earlier|first] review is [from <month>|out of date], so here is [another|an update]",
    "[found|discovered] <place> [through <companion>|by accident|on a walk through <area>|on the way back from the market]",
    "[I'm|I am] writing this [on the tram|from bed|the morning after|on my phone], [forgive the spelling|so briefly]",
    "[back again|returned] [last <day>|this <month>|after a long break] with <companion>",
    "a [<day>|<month>] [afternoon|evening|noon] in <area>",
    "had the <dish> and [a|one] <drink>, <companion> had the <dish2>",
)

ASIDES = (
    "[it was|this was] [a|the first] [rainy|warm|chilly|foggy] <day> [in|of] <month>",
    "[I had|I ordered|we got] the <dish>, [<companion> the <dish2>|then the <dish2>|and later a <drink>]",
    "<place> is [on the corner|in a side street|a few doors down from the bookshop|opposite the old post office] in <area>",
    "[<companion>|my uncle|our landlord] used to [live|work] [in <area>|round the corner] [years ago|in the nineties|]",
    "there was [a football match on|a street fair outside|some filming going on in <area>|a power cut the day before]",
    "[we talked|the talk was] about [work|the election|<companion>'s new job|moving house|the weather] [mostly|for a while|]",
    "I [forgot|left] my [umbrella|scarf|phone] [there|on the tram|at home] [that day|, as usual|]",
    "they [opened|took over from a shoe shop|changed hands] [in <month>|two years ago|about when I moved here]",
    "the [sign|door] is [green|blue|easy to miss|freshly painted]",
    "I [don't|do not] [usually|often] write [reviews|these things]",
    "[took|I took] [a photo|a few pictures] but [they came out blurry|deleted it|my phone died]",
    "my last [visit|time here] was [in <month>|before the winter|about a year ago]",
    "[afterwards|later] we [walked|strolled|went] [along the canal|to the cinema|home through <area>|to the harbour]",
    "[it must have been|I think it was] [around one|about seven|half past twelve|close to nine]",
    "<companion> [says hello|will write a review too|disagrees with me about everything|has moved abroad since]",
    "the [weather|match|train] was [awful|a different story|not on our side] that <day>",
)

ENDINGS_GLAD = (
    "[will|I'll|we'll] [be back|return|come again] [soon|in <month>|next <day>|with <companion>|]",
    "[recommended|highly recommended|go|a keeper|thank you]",
    "[<place> is|that makes it] [a favourite|my favourite in <area>|on my short list] [now|these days|]",
    "[five stars|top marks|thumbs up] from [me|<companion> and me|this corner of <area>]",
    "can't wait [until next <day>|for <month>|to go again]",
    "[do go|try it|see for yourself], [you'll thank me|tell them I said hello|you won't regret it]",
    "[long may it last|please never change|keep it up], <place>",
    "[already booked again|telling everyone I know|consider me a fan]",
)

ENDINGS_SOUR = (
    "[won't|will not|I doubt I'll] be [back|returning] [soon|any time soon|]",
    "[one|two] stars and [that's generous|I am being kind]",
    "[a shame|pity|what a letdown], I [wanted|had hoped] to like <place>",
    "[not for me|once was enough|I expected more|never again]",
    "[maybe|perhaps] it was [an off day|just that <day>], [but still|who knows]",
    "[<companion> warned me|should have listened to <companion>|lesson learnt]",
)

ENDINGS_MIXED = (
    "[might|may] [try it|come] again [some day|in <month>|with <companion>]",
    "[all in all|overall], [middling|neither here nor there|not bad, not great|somewhere in between]",
    "[I'd|I would] give it another [chance|go]",
    "three stars [for now|from me|, make of that what you will]",
    "[mixed feelings|the jury is out], [to be honest|I suppose]",
)

OFF_TOPIC = (
    "[sorry, wrong page|oops, wrong listing], this [was meant for|is about] the [pharmacy|launderette|bike shop|florist] in <area>",
    "[have not been yet|never actually went], [<companion> asked me to post|just testing my account|saving my spot]",
    "does anyone know [if the tram runs on <day>s|who won the match|what happened to the old cinema in <area>]",
    "[my review vanished|the site ate my text], so [no comment|this is a placeholder|imagine something witty]",
    "the roadworks in <area> [are still going|have been there since <month>|drive me mad]",
    "[testing|test], [ignore this|please delete]",
    "I lost a [grey glove|set of keys|library book] around <area> in <month>, [please message me|reward offered]",
    "this app [keeps logging me out|changed its layout again|asks for my birthday every time]",
    "[elections|local politics] in <area> [again|], [don't get me started|what a circus]",
    "[copying|reposting] my [old|other] review [soon|when I find it|from another site]",
)

HEADLINES_GLAD = (
    "[glad we went|a keeper|back again|so happy I found it|my new local|hooked|what a find|love <place>|<place>, again|yes to this|gem of <area>|no complaints]",
    "[my <day> fixture|the best of <area>|a <area> favourite|go to <place>|thank you, <place>|worth crossing town]",
)
HEADLINES_SOUR = (
    "[disappointing|not again|oh dear|what happened?|meh|a letdown|could be better|skip it|sorry, <place>|no thanks|hmm|expected more of <place>]",
    "[a bad <day>|not my favourite in <area>|one and done|regret]",
)
HEADLINES_MIXED = ("[okay|fine, I guess|mixed|so-so|middling|not sure|three stars|could go either way|a mixed <day>|<place>: undecided]",)
