"""Names of songs as services write them, and the keys that they share."""

# ruff: noqa: RUF001 - names as services write them

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from segue.catalog.songs.credits import artists_of
from segue.catalog.songs.folding import fold
from segue.catalog.songs.naming import name_of

ALPHABET = st.sampled_from("abcdefghijklmnopqrstuvwxyzABCXYZ0123456789 .,'’&+$!?()[]-–/:;éÉñüßøŁæÇïİıжЙガぎ한夜")
TEXTS = st.text(ALPHABET, min_size=1, max_size=60).filter(lambda text: bool(text.strip()))
ISSUED = st.sampled_from(
    (
        "",
        " - Remastered 2011",
        " (Live at Wembley)",
        " [feat. Ann & Bo]",
        " (Official Video)",
        " - DJ Koo Remix",
        " (Pt. II)",
    )
)


class TestFold:
    @pytest.mark.parametrize(
        ("spelled", "folded"),
        [
            ("Beyoncé", "beyonce"),
            ("Motörhead", "motorhead"),
            ("Sigur Rós", "sigur ros"),
            ("Røyksopp", "royksopp"),
            ("Straße", "strasse"),
            ("P!nk", "pink"),
            ("Ke$ha", "kesha"),
            ("Curren$y", "currensy"),
            ("Don’t Stop", "dont stop"),
            ("Rock 'n' Roll", "rock and roll"),
            ("R.E.M.", "rem"),
            ("Salt & Pepper", "salt and pepper"),
            ("Florence + The Machine", "florence and the machine"),
            ("ＡＢＣ", "abc"),
            ("ガールズ", "ガールズ"),
            ("カールス", "カールス"),
            ("!!!", "!!!"),
            ("÷", "÷"),
            ("$", "$"),
        ],
    )
    def test_spellings_of_a_word_are_one(self, spelled: str, folded: str) -> None:
        assert fold(spelled) == folded

    @given(TEXTS)
    @example("0:n:0")
    def test_folding_again_changes_nothing(self, text: str) -> None:
        assert fold(fold(text)) == fold(text)

    @given(TEXTS)
    def test_nothing_folds_to_nothing(self, text: str) -> None:
        assert fold(text).strip()


class TestArtists:
    @pytest.mark.parametrize(
        ("credit", "artists"),
        [
            ("Queen - Topic", ("queen",)),
            ("ColdplayVEVO", ("coldplay",)),
            ("The Beatles", ("beatles",)),
            ("Beatles, The", ("beatles",)),
            ("The The", ("the",)),
            ("AC/DC", ("ac dc",)),
            ("Simon & Garfunkel", ("simon and garfunkel", "simon", "garfunkel")),
            ("Earth, Wind & Fire", ("earth wind and fire", "earth", "wind", "fire")),
            ("Tyler, The Creator", ("tyler the creator",)),
            ("Nick Cave & The Bad Seeds", ("nick cave and the bad seeds", "nick cave")),
            ("Drake feat. Rihanna", ("drake", "rihanna")),
            ("A & B feat. C", ("a and b", "a", "b", "c")),
            ("Charlie XCX", ("charlie xcx",)),
            ("Skrillex x Diplo", ("skrillex x diplo", "skrillex", "diplo")),
            ("Various Artists", ()),
            ("", ()),
        ],
    )
    def test_a_credit_names_the_whole_and_its_parts(self, credit: str, artists: tuple[str, ...]) -> None:
        assert artists_of(credit).all == artists


class TestName:
    @pytest.mark.parametrize(
        ("title", "key"),
        [
            ("(I Can't Get No) Satisfaction - Mono Version", "i cant get no satisfaction"),
            ("Here Comes the Sun - Remastered 2009", "here comes the sun"),
            ("Help! (2009 Digital Remaster) [Mono]", "help"),
            ("Come Together - 2019 Mix", "come together"),
            ("Titanium (feat. Sia) [Radio Edit]", "titanium"),
            ("Wonderwall (Official HD Video)", "wonderwall"),
            ('Let It Go - From "Frozen"/Soundtrack Version', "let it go"),
            ("La Flaca - Remasterizado", "la flaca"),
            ("Another Brick in the Wall, Pt. II", "another brick in the wall part 2"),
            ("Song (With You)", "song with you"),
            ("The Reason (From the Beginning)", "the reason from the beginning"),
            ("1979 - Remastered 2012", "1979"),
            ("Live", "live"),
            ("(Live)", "live"),
            ("Remix", "remix"),
            ("???", "???"),
            ("Live Forever", "live forever"),
            ("Video Games", "video games"),
        ],
    )
    def test_noise_goes_and_what_is_of_the_title_stays(self, title: str, key: str) -> None:
        name = name_of(title, "Somebody")
        assert (name.title, name.version) == (key, "")

    @pytest.mark.parametrize(
        ("title", "version"),
        [
            ("Song (Live at Wembley)", "live"),
            ("Song - Ao Vivo", "live"),
            ("Song (En Vivo)", "live"),
            ("Song - MTV Unplugged", "live"),
            ("Song (Acústico)", "acoustic"),
            ("Song - Live Acoustic Version", "acoustic live"),
            ("Song [Instrumental]", "instrumental"),
            ("Song (Demo)", "demo"),
            ("Song (Karaoke Version)", "karaoke"),
            ("Song (Loud Luxury Remix)", "loud luxury remix"),
            ("Song - Tiësto's Radio Edit", "tiestos remix"),
            ("Song (Remix feat. Ann)", "remix"),
            ("Song - Extended Mix", "extended"),
            ("Song (Club Mix)", "extended"),
            ("Song (Sped Up)", "sped up"),
            ("Song (Slowed + Reverb)", "slowed"),
            ("Song (Taylor's Version)", "rerecorded"),
            ("Song - Re-Recorded", "rerecorded"),
            ("Song (A Cappella)", "a cappella"),
            ("Song (Acapella)", "a cappella"),
            ("Song (Cover)", "cover"),
            ("Song - Spanish Version", "spanish"),
        ],
    )
    def test_a_version_is_kept_apart(self, title: str, version: str) -> None:
        name = name_of(title, "Somebody")
        assert (name.title, name.version) == ("song", version)

    @pytest.mark.parametrize(
        ("title", "artist", "artists"),
        [
            ("Song (feat. Ann & Bo)", "Carl", ("carl", "ann", "bo")),
            ("Song ft. Ann", "Carl", ("carl", "ann")),
            ("Song [with Ann]", "Carl", ("carl", "ann")),
            ("Song (feat. Ann", "Carl", ("carl", "ann")),
            ("Song (feat. Ann) - Bo Remix", "Carl", ("carl", "ann")),
            ("Song (with Ann feat. Bo)", "Carl", ("carl", "ann", "bo")),
            ("Song (Carl & Ann)", "Carl, Ann", ("carl ann", "carl", "ann")),
        ],
    )
    def test_guests_in_the_title_are_artists(self, title: str, artist: str, artists: tuple[str, ...]) -> None:
        name = name_of(title, artist)
        assert (name.title, name.artists, name.lead) == ("song", artists, "carl")

    @pytest.mark.parametrize("artist", ["", "Queen Official", "QueenVEVO", "Queen - Topic"])
    def test_a_videos_title_is_parted(self, artist: str) -> None:
        name = name_of("Queen – Bohemian Rhapsody (Official Video Remastered)", artist)
        assert (name.title, name.lead) == ("bohemian rhapsody", "queen")

    def test_a_title_that_is_only_issued_is_not_parted(self) -> None:
        assert name_of("Song - Remastered 2011").artists == ()

    def test_what_stands_in_brackets_is_no_part_of_the_bare_title(self) -> None:
        assert name_of("(I Can't Get No) Satisfaction").bare == "satisfaction"
        assert name_of("(Satisfaction)").bare == "satisfaction"

    @given(TEXTS, TEXTS, ISSUED)
    def test_it_is_never_empty(self, title: str, artist: str, issued: str) -> None:
        name = name_of(title + issued, artist)
        assert name.title.strip()
        assert name.bare.strip()

    @given(TEXTS, TEXTS, ISSUED)
    def test_case_and_the_form_of_accents_make_no_difference(self, title: str, artist: str, issued: str) -> None:
        title += issued
        name = name_of(title, artist)
        for form in ("NFC", "NFD"):
            assert name_of(unicodedata.normalize(form, title), unicodedata.normalize(form, artist)) == name
        assert name_of(title.upper(), artist.upper()) == name_of(title.lower(), artist.lower())

    def test_guests_are_no_part_of_a_title_of_which_nothing_else_would_be_left(self) -> None:
        name = name_of("(Live) [feat. Ann & Bo]", "Carl")
        assert (name.title, name.version, name.artists) == ("live", "", ("carl", "ann", "bo"))

    @given(TEXTS, TEXTS, ISSUED)
    @example("(0", "0", " [feat. Ann & Bo]")
    def test_reading_its_own_title_gives_it_again(self, title: str, artist: str, issued: str) -> None:
        name = name_of(title + issued, artist)
        assert name_of(name.title, artist).title == name.title
