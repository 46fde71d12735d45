"""What reviewers of the demo city say about eating well and eating safely."""

PRAISE = (
    "[as a coeliac|being coeliac|I cannot touch wheat and] I [relax here|eat here without fear|trust them completely], [separate fryer|separate boards|they know what cross-contamination means]",
    "[half|most|a good two thirds] of the card is [plant-based|meat-free|without dairy], [not just one sad salad|so I finally get to choose]",
    "[plant-based for six years now and|I gave up meat and dairy, and] [this is the kitchen that spoils me|they make it feel like no sacrifice]",
    "[every dish|each line on the menu] is [labelled|marked] for [allergens|nuts, milk and egg|dairy and wheat], [which spares me the interrogation|such a relief]",
    "they swapped [the cream for coconut|the noodles for courgette|butter for oil] [without fuss|gladly] because I am [lactose intolerant|off dairy|avoiding wheat]",
    "[you walk out|I leave] feeling [light|nourished|energised] [rather than|instead of] [stuffed|heavy|in need of a nap], [so many greens|all those vegetables]",
    "[my|] [sesame|peanut|shellfish] allergy was [taken seriously|handled with care], [the cook came out to check|they wiped down the station for me]",
    "[low salt|low sugar|wholegrain|no seed oils] and [lots of|heaps of] [leafy greens|pulses|raw vegetables], [my doctor would cheer|good for my cholesterol]",
    "I am [watching my weight|training for a marathon|diabetic] and [they list the carbs|the protein bowls fit my plan|there is always something sensible]",
    "the [vegan|meatless|dairy-free] <dish> [fooled <companion>|could convert a carnivore|is reason enough to stay plant-based]",
    "[organic|pesticide-free|locally grown] [veg|produce] [from a farm up the coast|from their own allotment], [my body notices|you feel healthier for it]",
    "[halal|kosher|Jain]-friendly [throughout|and upfront about it], [that rules out most of <city> but not this|so our whole household can order anything]",
    "what matters to me is [eating clean|what goes into my body|avoiding gluten], and [here I never have to compromise|they understand that]",
    "there's a [whole page|separate menu] for [those of us who skip gluten|plant eaters|people with intolerances]",
    "[steamed|raw|lightly grilled] instead of fried, [brown rice on request|dressing on the side without asking], [kind to the waistline|nutritious]",
    "[oat, soya or almond milk|tofu instead of chicken|wheat-free bread] at no [surcharge|extra fuss], [as it should be for us intolerant lot|hurrah for the lactose-averse]",
    "they [cook|do everything] with [no refined sugar|very little oil|next to no salt], [a wholesome change|ideal after my check-up]",
)

COMPLAINT = (
    "[the only|one single] [meatless|plant-based] [choice|option] was [a side of chips|plain lettuce|a lonely mushroom], [vegetarians beware|hopeless for vegans]",
    "they [could not tell me|had no idea] [what contains nuts|whether there was wheat in the sauce|which dishes have milk], [scary with an allergy|not safe for me]",
    "[everything|nearly everything] is [deep-fried|drenched in butter|loaded with sugar], [my arteries complained|there is no healthy choice]",
    "I asked for [no dairy|wheat-free] and [got cheese on top|was sick all night|they forgot]",
    "[not a vegetable|hardly a green leaf] in sight, [just grease and starch|a nutritionist's nightmare]",
    "[staff laughed|they shrugged] at my [gluten question|intolerance|vegan request], [I went without|so I ate nothing]",
    "[heavy|stodgy], [calorie-laden|oversalted] stuff, [useless|no good] for anyone [on a diet|looking after their heart]",
)

FRAGMENTS = (
    "[great|plenty of] [plant-based|meat-free|wheat-free|dairy-free] [dishes|choices]",
    "[coeliac-safe|allergy-aware|vegan-friendly], [finally|hurrah|rare in <area>]",
    "[light|wholesome|nutritious], [loads of greens|lots of veg|no grease]",
    "allergens [clearly marked|all labelled|taken seriously]",
    "[vegan|dairy-free] <dish>: [yes|a revelation|hurrah]",
    "healthy [bowls|plates] [that fill you up|for once]",
)
