"""Word lists for comparing English phrases: function words, irregular word families, parts of compounds.

Everything that is not listed as a function or frame word counts as a content word, adverbs of frequency
("never", "always") and light verbs ("make", "take") included: a list that is too short costs its user a
rewording, one that is too long hides a word that two phrases have in common.
"""

from __future__ import annotations

# Closed classes: they carry grammar, and no two English phrases of ten words could do without sharing one.
_DETERMINERS = """
    a an the this that these those each every either neither both all any some no none such another other
    others much more most many what which whose whatever whichever
"""
_PRONOUNS = """
    i me my mine myself we us our ours ourselves you your yours yourself yourselves he him his himself she
    her hers herself it its itself they them their theirs themselves who whom whoever anything everything
    something nothing anybody everybody nobody anyone everyone
"""
_PREPOSITIONS = """
    about above across after against along amid among around as at before behind below beneath beside between
    beyond by despite down during except for from in inside into like near of off on onto out outside over
    per since than through throughout till to toward towards under underneath until up upon via with within
    without
"""
_CONJUNCTIONS = "and but or nor so if because although though unless whether while when whenever where wherever how why"
_AUXILIARIES = """
    am is are was were be been being has have had having does do did doing can could may might must shall
    should will would not cannot
"""
_DEGREE_ADVERBS = "very too only just even quite rather also else there here then thus yet"
FUNCTION_WORDS = frozenset(
    " ".join(
        (_DETERMINERS, _PRONOUNS, _PREPOSITIONS, _CONJUNCTIONS, _AUXILIARIES, _DEGREE_ADVERBS)
    ).split()
)

# The frame of a description, "someone who ..." or "a person whose ...": the same whoever is described.
FRAME_WORDS = frozenset("someone somebody person persons people one ones".split())

# Each line is one family: forms that neither a stemmer nor a rule on spelling brings together.
_IRREGULAR_VERBS = """
    arise arose arisen
    awake awoke awoken wake woke woken
    bear bore borne born birth
    beat beaten
    become became
    begin began begun beginner
    bend bent
    bind bound bond bondage
    bite bit bitten
    bleed bled blood
    blow blew blown
    break broke broken
    breed bred brood
    bring brought
    build built
    burn burnt
    buy bought
    catch caught
    choose chose chosen choice
    cling clung
    come came
    creep crept
    deal dealt
    dig dug
    do done deed
    draw drew drawn
    dream dreamt
    drink drank drunk drunken
    drive drove driven
    eat ate eaten
    fall fell fallen
    feed fed food
    feel felt
    fight fought
    find found
    flee fled flight
    fly flew flown flight
    forbid forbade forbidden
    forget forgot forgotten
    forgive forgave forgiven
    freeze froze frozen frost
    get got gotten
    give gave given gift
    go goes went gone
    grind ground
    grow grew grown growth
    hang hung
    hear heard
    hide hid hidden
    hold held
    keep kept
    kneel knelt knee
    know knew known knowledge
    lead led
    leap leapt
    learn learnt
    leave left
    lend lent loan
    lie lay lain
    light lit
    lose lost loss
    make made
    mean meant
    meet met
    pay paid
    ride rode ridden
    ring rang rung
    rise rose risen
    run ran
    say said
    see saw seen sight
    seek sought
    sell sold sale
    send sent
    sew sewn
    shake shook shaken
    shine shone
    shoot shot
    show shown
    shrink shrank shrunk
    sing sang sung song singer
    sink sank sunk
    sit sat seat
    sleep slept asleep
    slide slid
    speak spoke spoken speech
    spend spent
    spin spun
    spit spat
    spring sprang sprung
    stand stood
    steal stole stolen stealth
    stick stuck
    sting stung
    strike struck stricken
    strive strove striven strife
    swear swore sworn oath
    sweep swept
    swim swam swum
    swing swung
    take took taken
    teach taught
    tear tore torn
    tell told tale
    think thought
    throw threw thrown
    weave wove woven
    weep wept
    win won
    wind wound
    wring wrung
    write wrote written
"""
_IRREGULAR_NOUNS = """
    brother brethren
    calf calves
    child children
    die died dying dead death
    elf elves elven
    foot feet
    goose geese
    half halves
    hoof hooves
    knife knives
    leaf leaves
    life live lives alive living
    loaf loaves
    louse lice
    man men
    mouse mice
    ox oxen
    scarf scarves
    self selves
    sheaf sheaves
    shelf shelves
    thief thieves theft thieve
    tooth teeth
    wharf wharves
    wife wives
    wolf wolves
    woman women
"""
_DERIVATIONS = """
    abbey abbot abbess
    act actor actress
    advise advice
    allege allegation
    anger angry
    apply application
    bath bathe bather
    behave behaviour
    believe belief
    breath breathe
    broad breadth
    cloth clothe clothes clothing
    collide collision
    conclude conclusion
    confess confession
    convert conversion
    coward cowardice
    decide decision decisive
    deep depth
    destroy destruction
    devote devout
    devise device
    divide division
    duke duchess duchy
    emperor empress empire imperial
    expand expansion
    explode explosion
    father fatherly paternal
    god goddess divine divinity
    grass graze
    grief grieve
    guide guidance
    guard guardian
    heal health
    heir heiress inherit heritage
    hero heroine heroic
    high height
    hot heat
    hunger hungry
    ice icy
    invade invasion
    judge judicial judgment
    king royal
    long length
    lord lady
    lunatic lunar
    maintain maintenance
    marry marriage marital
    mother motherly maternal
    nation native
    nose nostril nasal
    obey obedience obedient
    old elder eldest
    persuade persuasion
    poor poverty
    proud pride
    prove proof
    receive reception receipt
    reduce reduction
    relieve relief
    rob robber
    save safe salvage
    sea marine
    serve servant service
    solve solution
    star stellar
    strong strength
    sun solar
    sweet sugar
    thirst thirsty
    tree treetop
    true truth
    visit visitor
    voice vocal
    warm warmth
    weigh weight
    wide width
    wise wisdom
    wood wooden
    young youth
"""
_SPELLINGS = """
    centre center
    colour color
    grey gray
    jewel jeweller jewelry jewellery
    plough plow
    tyre tire
"""
IRREGULAR_FAMILIES = tuple(
    tuple(line.split())
    for block in (_IRREGULAR_VERBS, _IRREGULAR_NOUNS, _DERIVATIONS, _SPELLINGS)
    for line in block.strip().splitlines()
)

# What may follow a word's stem and leave its sense, as Snowball leaves it: baker, organist, magician.
SUFFIXES = frozenset(
    "al an ant ar ard ary dom e eer en ent er eri ery ess eth ful hood i ian ic ing ish ism ist iti ive less like"
    " ling ment ness or ous ship som some ster th ward y".split()
)
PREFIXES = frozenset("a be de dis en fore il im in ir mid mis non out over re un under up".split())

# Second parts of compounds, with which a part of three letters is told from a mere beginning: sea in seaman
# but not in search.
COMPOUND_HEADS = frozenset(
    "bed bell berry bird boat box boy bread breaker child children craft cup daughter day dress driver"
    " drop farer father field fighter fish fly food girl guard hand herd hive horse house keeper land lid"
    " light line lock maid maker man master men monger mother pan parent plane pot ring room shell shine"
    " shop shore side skate smith son stone table time top tray walker watch water way wife woman women"
    " wood work worker wright yard".split()
)
