"""Every text of code and templates stands in every catalogue, with the same placeholders, in the glossary's words."""

import re
import tomllib
from collections import defaultdict
from functools import cache
from pathlib import Path

import polib
import pytest
from babel.messages.extract import extract_from_dir

from lms.base import i18n
from lms.base.i18n import SOURCE, catalogue, make_environments
from lms.register.rules import State
from lms.reports.words import state_words

ROOT = Path(__file__).resolve().parents[2]
LANGUAGES = ["sv", "nb", "fi"]
VARIANTS = {"sv-FI": "sv"}  # hold only what they say otherwise
PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|<[^>]+>")
# What needs a no-break space instead of this one.
BREAKABLE = re.compile(r"(?:\d|%\(\w+\)s) (?:min|mm|[kM]B|[kM]t|%%)(?!\w)|\bkl(?:\.|o) ")
NEVER = {  # words the glossary forbids here: they are wrong, unkind, mean something else in care, or are said otherwise
    "sv": r"\bunderkän|\bfrist(en)?\b|\brapport(en|er|erna)?\b|\bdeadline|\bprov(et|en)?\b(?! med provvakt)|\blektion"
    r"|\bkursbevis|\bcertifikat|\bvarsel\b|\bsigner|\blagra|\bogiltig|\butgåv|\banvändar|\bvägra|\bradera|mejl|[æø]",
    "nb": r"\bstrøket\b|\bstryk\b|\bvarsel|\bvarsl|\bbrukerkonto|\bindividuell plan\b|\bforfalt"
    r"|\bprøven\b(?! med prøvevakt)|\bkunnskapsprøve|\btiltaksplan\b(?! for kompetanse)|\bsertifikat"
    r"|\bkompetansebevis|\btilbakekall|\bpersonnummer|\brapport|\butgave|\bskift\b|\bugyldig"
    r"|\bslett(e|et)? alt|listen\b|\buken(s)?\b|[äö]",
    "fi": r"\bhylät|\besimies|\bmuistutu(s|ks)(?!viest)|\bsertifikaat|\bkompeten|\braport|\bdeadline|\boppitun"
    r"|\bkuita|\bvastuuhenkil|\bte(i|id|ill|iss)|\btuhoa",
    "sv-FI": r"\bAPT\b|provvakt|\bpersonnummer|\benhetschef|\bundersköter|\bvårdbiträd|\bhemtjänst|\bdelegering"
    r"|\banmärkning|\bbetyg",
}
TERMS = {  # the states, the menu and the promises that people come to know, word for word
    "Valid": ("Giltigt", "Gyldig", "Voimassa"),
    "Expires soon": ("Går snart ut", "Utløper snart", "Vanhenee pian"),
    "Expired": ("Har gått ut", "Utløpt", "Vanhentunut"),
    "Overdue": ("Försenad", "Over fristen", "Myöhässä"),
    "Under way": ("Påbörjad", "Påbegynt", "Kesken"),
    "Not started": ("Inte påbörjad", "Ikke startet", "Aloittamatta"),  # codespell:ignore startet
    "Exempt": ("Undantagen", "Fritatt", "Vapautettu"),
    "Not required": ("Krävs inte", "Kreves ikke", "Ei vaadita"),
    "To do": ("Att göra", "Å gjøre", "Tehtävät"),
    "Courses": ("Kurser", "Kurs", "Kurssit"),
    "My plan": ("Min plan", "Utviklingsplan", "Oma suunnitelma"),
    "Certificates": ("Intyg", "Kursbevis", "Todistukset"),
    "Nearly there": ("Nästan där", "Nesten der", "Olet jo lähellä"),
    "Do not write names, personal identity numbers or anything else that shows who it is about.": (
        "Skriv inte namn, personnummer eller annat som visar vem det handlar om.",
        "Ikke skriv navn, fødselsnummer eller annet som viser hvem det gjelder.",
        "Älä kirjoita nimeä, henkilötunnusta tai muuta, mistä henkilön voi tunnistaa.",
    ),
    "Your manager sees that you are done, but not what you answered.": (
        "Din chef ser att du är klar, men inte vad du svarade.",
        "Lederen din ser at du er ferdig, men ikke hva du svarte.",
        "Esihenkilösi näkee, että olet valmis, mutta ei vastauksiasi.",
    ),
}


@cache
def texts() -> dict[str, str]:
    """The texts in code and templates, in English, and where each stands; plural messages by their first form."""
    mappings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["babel"]["mappings"]
    methods = [(each["pattern"], each["method"]) for each in mappings]
    options = {each["pattern"]: each for each in mappings}
    return {
        message if isinstance(message, str) else message[0]: f"{file}:{line}"
        for file, line, message, _notes, _context in extract_from_dir(str(ROOT), methods, options)
    }


@cache
def entries(language: str) -> dict[str, polib.POEntry]:
    file = ROOT / "lms" / "locale" / f"{language.replace('-', '_')}.po"
    source = polib.pofile(str(file), check_for_duplicates=True)
    return {entry.msgid: entry for entry in source}


def forms(entry: polib.POEntry) -> list[str]:
    return list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]


def end(text: str) -> str:
    """The mark a text ends with: a heading stays a heading, a question a question."""
    return text[-1] if text[-1] in ".?!:…" else ""


def faults(entry: polib.POEntry, language: str) -> list[str]:
    """What is wrong with the translation of one text."""
    english = entry.msgid_plural or entry.msgid
    found = []
    if entry.fuzzy or entry.obsolete:
        found.append("unsure or used no more")
    if len(forms(entry)) != (2 if entry.msgid_plural else 1):
        found.append("not the plural forms of the language")
    for form in forms(entry):
        if not form.strip():
            found.append("empty")
            continue
        if set(PLACEHOLDER.findall(form)) != set(PLACEHOLDER.findall(english)):
            found.append("other placeholders")
        if "%" in english:
            form % defaultdict(str)  # raises where a per cent sign stands alone
        if form == english and len(PLACEHOLDER.sub("", form).split()) > 2:
            found.append("still English")
        if re.search("[\"']|  |^ | $", PLACEHOLDER.sub("x", form)):
            found.append("a straight quote or a space too many")
        if BREAKABLE.search(form):
            found.append("a no-break space is missing")
        if end(form) != end(english):
            found.append("ends with another mark")
        if word := re.search(NEVER[language], form, re.IGNORECASE):
            found.append(f"not our word: {word[0]}")
    return found


def test_english_texts_are_clean():
    assert len(texts()) > 500
    assert [text for text in texts() if re.search(r"^\s|\s$|  |\n", text)] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_catalogue_is_complete(language):
    known = entries(language)
    missing = sorted(f"{where}  {text}" for text, where in texts().items() if text not in known)
    assert missing == [], "run: make texts, and translate what is new"
    assert sorted(known.keys() - texts()) == [], "run: make texts, these are used no more"


def test_every_language_of_the_interface_is_looked_at():
    assert {SOURCE, *LANGUAGES, *VARIANTS} == {*i18n.LANGUAGES}


@pytest.mark.parametrize("language", VARIANTS)
def test_a_variant_holds_what_it_says_otherwise_and_nothing_else(language):
    known, said = entries(language), entries(VARIANTS[language])
    assert sorted(known.keys() - texts()) == []
    assert [text for text, entry in known.items() if forms(entry) == forms(said[text])] == []


@pytest.mark.parametrize("language", VARIANTS)
def test_what_a_variant_says_as_its_language_does_is_not_wrong_in_it(language):
    said = entries(VARIANTS[language])
    wrong = {
        text: word[0]
        for text in said.keys() - entries(language)
        for form in forms(said[text])
        if (word := re.search(NEVER[language], form, re.IGNORECASE))
    }
    assert wrong == {}


@pytest.mark.parametrize("language", [*LANGUAGES, *VARIANTS])
def test_every_translation_is_sound(language):
    wrong = {entry.msgid: faults(entry, language) for entry in entries(language).values()}
    assert {text: found for text, found in wrong.items() if found} == {}


@pytest.mark.parametrize(
    ("english", "swedish", "wrong"),
    [
        ("Save", "", "empty"),
        ("%(num)s days", "%(antal)s dagar", "other placeholders"),
        ("<b>Two</b> days", "Två dagar", "other placeholders"),
        ("Go to the start", "Go to the start", "still English"),
        ("Choose a day.", "Välj  en dag.", "a straight quote or a space too many"),
        ("Choose a day.", 'Välj "en" dag.', "a straight quote or a space too many"),
        ("%(minutes)s min", "%(minutes)s min", "a no-break space is missing"),
        ("%(share)s%%", "%(share)s %%", "a no-break space is missing"),
        ("Is it you?", "Är det du", "ends with another mark"),
        ("Not passed", "Underkänd", "not our word: Underkän"),
    ],
)
def test_an_unsound_translation_is_found(english, swedish, wrong):
    assert faults(polib.POEntry(msgid=english, msgstr=swedish), "sv") == [wrong]


def test_missing_plurals_and_unsure_translations_are_found():
    one_form = polib.POEntry(
        msgid="%(num)s day", msgid_plural="%(num)s days", msgstr_plural={0: "%(num)s dag"}
    )
    assert faults(one_form, "sv") == ["not the plural forms of the language"]
    assert faults(polib.POEntry(msgid="Day", msgstr="Dag", flags=["fuzzy"]), "sv") == [
        "unsure or used no more"
    ]


@pytest.mark.parametrize("text", TERMS)
def test_terms_are_those_of_the_glossary(text):
    assert tuple(catalogue(language).gettext(text) for language in LANGUAGES) == TERMS[text]


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_pages_and_files_have_the_same_words_for_states(language):
    on_pages = make_environments(static=str)[language].get_template("macros/parts.html").module.state_words
    in_files = state_words(catalogue(language).gettext)
    assert set(in_files) == set(State)
    assert {state: on_pages[state.value] for state in State} == in_files
