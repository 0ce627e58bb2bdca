"""Word lists for comparing English phrases: function words, irregular word families, parts of compounds.

Everything that is not listed as a function or frame word counts as a content word, adverbs of frequency
("never", "always") and light verbs ("make", "take") included: a list that is too short costs its user a
rewording, one that is too long hides a word that two phrases have in common.
"""

from __future__ import annotations


def _words(*blocks: str) -> frozenset[str]:
    return frozenset(" ".join(blocks).split())


def _families(*blocks: str) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(family.split()) for block in blocks for family in block.split(";"))


# Closed classes: they carry grammar, and no two English phrases of ten words could do without sharing one.
# Left out where a noun is spelled the same and may name a persona: "mine".
_DETERMINERS = """
    a an the this that these those each every either neither both all any some no none such another other
    others much more most many what which whose whatever whichever
"""
_PRONOUNS = """
    i me my myself we us our ours ourselves you your yours yourself yourselves he him his himself she
    her hers herself it its itself they them their theirs themselves who whom whoever anything everything
    something nothing anybody everybody nobody anyone everyone
"""
_PREPOSITIONS = """
    about above across after against along amid among around as at before behind below beneath beside between
    beyond by despite down during except for from in inside into like near of off on onto out outside over
    per since than through throughout till to toward towards under underneath until up upon via with within
    without
"""
_CONJUNCTIONS = (
    "and but or nor so if because although though unless whether while when whenever where wherever how why"
)
_AUXILIARIES = """
    am is are was were be been being has have had having does do did doing can could may might must shall
    should will would not cannot
"""
_DEGREE_ADVERBS = "very too only just even quite rather also else there here then thus yet"
FUNCTION_WORDS = _words(_DETERMINERS, _PRONOUNS, _PREPOSITIONS, _CONJUNCTIONS, _AUXILIARIES, _DEGREE_ADVERBS)

# The frame of a description, "someone who ..." or "a person whose ...": the same whoever is described.
FRAME_WORDS = _words("someone somebody person persons people one ones")

# Families of forms that neither a stemmer nor a rule on spelling brings together, the base form first.
_IRREGULAR_VERBS = """
    abide abode; arise arose arisen; awake awoke awoken wake woke woken; bear bore borne born; become
    became; befall befell befallen; beget begot begotten; begin began begun; behold beheld; bend bent;
    bereave bereft; beseech besought; bid bade bidden; bind bound; bite bit bitten; bleed bled; bless blest;
    blow blew blown; break broke broken; breed bred; bring brought; build built; burn burnt; buy bought;
    catch caught; chide chidden; choose chose chosen; cleave cleft cloven; cling clung; clothe clad; come
    came; creep crept; curse curst; deal dealt; dig dug; dive dove; draw drew drawn; drink drank
    drunk; drive drove driven; dwell dwelt; eat ate eaten; fall fell fallen; feed fed; feel felt; fight
    fought; find found; flee fled; fling flung; fly flew flown; forbid forbade forbidden; forget forgot
    forgotten; forgive forgave forgiven; forgo forwent; forsake forsook forsaken; freeze froze frozen; get
    got gotten; gild gilt; give gave given; go goes went gone; grind ground; grip gript; grow grew grown;
    hang hung; hear heard; heave hove; hew hewn; hide hid hidden; hold held; keep kept; kneel knelt; know
    knew known; lay laid; lead led; lean leant; leap leapt; leave left; lend lent; lie lay lain lied lying;
    light lit; lose lost; make made; mean meant; meet met; melt molten; mistake mistook mistaken; mow mown;
    partake partook; pay paid; plead pled; repay repaid; rewrite rewrote; ride rode ridden; ring rang rung;
    rise rose risen; run ran; say said; see saw seen; seek sought; sell sold; send sent; sew sewn; shake
    shook shaken; shear shorn; shine shone; shoe shod; shoot shot; show shown; shrink shrank shrunk
    shrunken; sing sang sung; sink sank sunk sunken; sit sat; slay slew slain; sleep slept; sling slung;
    slink slunk; smell smelt; sneak snuck; sow sown; speak spoke spoken; speed sped; spell spelt; spend
    spent; spill spilt; spin spun; spit spat; spring sprang sprung; stand stood; steal stole stolen; stick
    stuck; sting stung; stink stank stunk; stride strode; strike struck stricken; string strung; strive
    strove striven; swear swore sworn; sweep swept; swell swollen; swim swam swum; swing swung; take took
    taken; teach taught; tear tore torn; tell told; think thought; thrive throve; throw threw thrown; tread
    trod trodden; undo undid undone; uphold upheld; wear wore worn; weave wove woven; weep wept; win won;
    wind wound; work wrought; wring wrung; write wrote written
"""
_IRREGULAR_NOUNS_AND_ADJECTIVES = """
    apex apices; axis axes; bad worse worst; beau beaux; brother brethren; cactus cacti; calf calves; cortex
    cortices; datum data; die died dying; dwarf dwarves; elf elves elven; far farther further; focus foci;
    foot feet; fungus fungi; genius genii; good better best; goose geese; half halves; hoof hooves; index
    indices; knife knives; leaf leaves; life lives; loaf loaves; louse lice; magus magi; man men; medium
    media; mouse mice; ox oxen; penny pence; radius radii; scarf scarves; self selves; serum sera; sheaf
    sheaves; shelf shelves; tempo tempi; thief thieves; tooth teeth; torso torsi; vertex vertices; wharf
    wharves; wife wives; wolf wolves; woman women
"""
_DERIVATIONS = """
    abbey abbot abbess; able ability; act actor actress action; add addition additive; adhere adhesive
    adhesion; advise advice; agent agency; anger angry; appear apparent apparition; bad badly; bear birth;
    begin beginner; bind bond bondage; bleed blood; brass brazen; breed brood; brief brevity; britain
    british briton; broad breadth; cello cellist; century centenary centennial centenarian centurion;
    chemist chemical chemistry; china chinese; choose choice; circle circular; citizen civic civil; clear
    clarity; clerk clerical; comedy comic comedian; compel compulsion compulsive; cosmos cosmic; crime
    criminal; day daily; deceive deceit deception; deep depth; denmark danish dane; despair desperate
    desperation; devise device; devote devout; die dead death; dine dinner; drink drunken drunkard;
    duke duchess duchy; emit emission; emperor empress empire imperial; enemy enmity; england english; enter
    entry entrance entrant; evoke evocation; evolve evolution; explain explanation explanatory; father
    fatherly paternal; feed food; finland finnish finn; fire fiery; fix fixture; flee flight; flower floral
    florist; fly flight; focus focal; france french; freeze frost; giant gigantic; give gift; glass glazier;
    glaze glazier; god goddess divine divinity; grass graze; greece greek grecian; grief grieve; grow
    growth; hate hatred; heir heiress inherit heritage; high height; horror horrify horrible horrid; hot
    heat; humble humility; hunger hungry; ice icy; ireland irish; join joint junction; judge judicial
    judgment judiciary; justice judicial; king royal; kneel knee; know knowledge; law lawyer; lend loan; lie
    liar; life alive live living; long length; lord lady; lose loss; lunatic lunar; marry marriage marital;
    mars martian; mix mixture; monster monstrous; mother motherly maternal; move motion; mystery mystify
    mystic; nation native; navy naval; noble nobility; norway norwegian; nose nostril nasal; note notation
    notary; number numerical numerous; obey obedience obedient; old elder eldest; omit omission; oppose
    opponent opposition; piano pianist; picture pictorial; pity piteous; poem poet poetry poetic; poor
    poverty; pope papal; proud pride; prove proof; punish punitive; radius radial; receive reception receipt
    recipient; remain remnant; repeat repetition; repel repulsive; reveal revelation; save safe salvage
    saviour savior; school scholar scholastic; science scientist scientific; sea marine; see seer sight;
    sell sale; serve servant service; shame ashamed; sing song singer; sit seat; sleep asleep; society
    social; solve solution; space spatial spacious; spain spanish spaniard; speak speech; spy espionage;
    stable stability; stand stance; star stellar; steal stealth; strive strife; strong strength; study
    student; succeed success successor; sue suit; sun solar; suspect suspicion; swear oath; sweden swedish
    swede; sweet sugar; switzerland swiss; table tabular; technical technology technique; tell tale; terror
    terrify terrible; testify testimony; texas texan; thief theft thieve; tragedy tragic; turkey turkish
    turk; unite unity union; use usage user usable; vain vanity; vary variety variant; voice vocal; wales
    welsh; war warrior; winter wintry; wonder wondrous; young youth
"""
_SPELLINGS = """
    centre center; colour color; grey gray; jewel jeweller jewelry jewellery; plough plow; tyre tire
"""

# Forms of one word, in inflection or spelling.
IRREGULAR_FORMS = _families(_IRREGULAR_VERBS, _IRREGULAR_NOUNS_AND_ADJECTIVES, _SPELLINGS)
# Different words of one root.
DERIVATIONS = _families(_DERIVATIONS)

# Suffixes that Snowball leaves on short words: baker, organist, magician, truly.
SUFFIXES = _words("""
    al an ant ar ard ary dom e eer en ent er eri ery ess est eth ful hood i ian ic ing ish ism ist iti
    ive less li like ling ly ment ness or ous ship som some ster th ward y
""")
# After three letters these would be coincidence (man, manage), after four with a silent e they are not (race,
# racial).
LONG_SUFFIXES = _words("""
    abl able age ance at ate ation ence eous ial ibl ible if ifi ify ion ious iti ition ity ual ur ure
""")
PREFIXES = _words("""
    a be de dis en fore il im in ir mid mis non out over re un under up
""")

# Second parts of compounds, with which a part of three letters is told from a mere beginning: sea in seaman
# but not in search.
COMPOUND_HEADS = _words("""
    bed bell berry bird boat box boy bread breaker child children craft cup daughter day dress driver
    drop farer father field fighter fish fly food girl guard hand herd hive horse house keeper land lid
    light line lock maid maker man master men monger mother pan parent plane pot ring room shell shine
    shop shore side skate smith son stone table time top tray walker watch water way wife woman women
    wood work worker wright yard
""")
