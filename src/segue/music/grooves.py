"""Drum patterns as data: what is struck on which step of a bar.

A pattern is one character a sixteenth: ``X`` an accent, ``x`` a stroke, ``o`` a ghost note, ``%`` a stroke that mostly
comes, ``?`` one that seldom does, ``-`` nothing. Patterns of 32 steps last two bars.
"""

from typing import Final

KICK, RIM, SNARE, CLAP, SNARE_ELECTRIC = 36, 37, 38, 39, 40
CLOSED_HAT, PEDAL_HAT, OPEN_HAT, CRASH, RIDE, RIDE_BELL = 42, 44, 46, 49, 51, 53
LOW_TOM, MID_TOM, HIGH_TOM, TAMBOURINE, COWBELL = 43, 47, 50, 54, 56
CABASA, SHAKER, HIGH_CONGA, LOW_CONGA, CLAVES, BONGO = 69, 82, 62, 64, 75, 60

#: Keys that a foot or a low drum sounds on, and those on the back beat.
KICKS: Final = (35, KICK)
SNARES: Final = (RIM, SNARE, CLAP, SNARE_ELECTRIC)

Groove = dict[int, str]

GROOVES: Final[dict[str, Groove]] = {
    "four_on_the_floor": {
        KICK: "X---X---X---X---",
        CLAP: "----X-------X---",
        OPEN_HAT: "--x---x---x---x-",
        CLOSED_HAT: "%-?%%-?%%-?%%-?%",
    },
    "house_shuffle": {
        KICK: "X---X---X---X--?",
        CLAP: "----X-------X---",
        SNARE: "-------?-o----?-",
        OPEN_HAT: "--X---X---X---X-",
        CLOSED_HAT: "xoo%xoo%xoo%xoo%",
    },
    "techno": {
        KICK: "X---X---X---X---",
        CLOSED_HAT: "oxXxoxXxoxXxoxXx",
        CLAP: "----%-------%---",
        RIM: "---?--?---?-?--?",
    },
    "techno_minimal": {KICK: "X---X---X---X---", OPEN_HAT: "--X---X---X---X-", RIM: "-----?-x--?----x"},
    "disco": {
        KICK: "X---X---X---X---",
        SNARE: "----X-------X---",
        CLOSED_HAT: "x-%-x-%-x-%-x-%-",
        OPEN_HAT: "--X---X---X---X-",
    },
    "breakbeat": {
        KICK: "X-----%---X--?--X-%-----?-X-----",
        SNARE: "----X--o-o--X--o----X--o-o--X-?x",
        CLOSED_HAT: "x-x-x-x-x-x-x-x-x-x-x-x-x-x-x-x-",
    },
    "two_step": {
        KICK: "X---------X-----X---------X--?--",
        SNARE: "----X-------X-------X-----?-X---",
        CLOSED_HAT: "x-xox-xox-xox-xox-xox-xox-xox-xx",
        RIDE: "?-----------?---?---------------",
    },
    "boom_bap": {
        KICK: "X------%-?X-----X--?---?--X--%--",
        SNARE: "----X----o--X------oX-------X--o",
        CLOSED_HAT: "x-x-x-x-x-x-x-x-x-x-x-x-x-x-x-%-",
    },
    "lo_fi": {
        KICK: "X-----%---X-----",
        SNARE: "----X-------X---",
        CLOSED_HAT: "x-%-x-%-x-%-x-%-",
        RIM: "-------?------?-",
    },
    "trap": {
        KICK: "X-----?---%-----X--%------X--?--",
        CLAP: "--------X---------------X-------",
        CLOSED_HAT: "x-x-x-xxx-x-xxx-x-x-x-xxx-xxx-xx",
        OPEN_HAT: "--------------?-----------?-----",
    },
    "drill": {
        KICK: "X--?--X---------X-----?--%------",
        SNARE_ELECTRIC: "------X-------X-------X---------",
        CLOSED_HAT: "x--x--x-x--x--x-x--x--x-x-xxx-x-",
    },
    "pop": {
        KICK: "X-----%-X-?-----",
        SNARE: "----X-------X---",
        CLOSED_HAT: "x-x-x-x-x-x-x-x-",
    },
    "pop_driving": {
        KICK: "X-%-X-%-X-%-X-%-",
        CLAP: "----X-------X---",
        CLOSED_HAT: "x-X-x-X-x-X-x-X-",
        TAMBOURINE: "??X???X???X???X?",
    },
    "half_time": {KICK: "X-----%----?----", SNARE: "--------X-------", CLOSED_HAT: "x-x-x-x-x-x-x-x-"},
    "synthwave": {
        KICK: "X-------X-------",
        SNARE: "----X-------X---",
        CLOSED_HAT: "x-x-x-x-x-x-x-x-",
        HIGH_TOM: "--------------?-",
    },
    "rock": {
        KICK: "X------%X-x-----",
        SNARE: "----X-------X---",
        CLOSED_HAT: "X-x-X-x-X-x-X-x-",
    },
    "rock_ride": {
        KICK: "X--%--x-X-%-----",
        SNARE: "----X--o----X--?",
        RIDE: "X-x-X-x-X-x-X-x-",
        PEDAL_HAT: "----x-------x---",
    },
    "punk": {KICK: "X---x---X---x-%-", SNARE: "--X---X---X---X-", OPEN_HAT: "X-x-X-x-X-x-X-x-"},
    "metal_double": {
        KICK: "XxxxXxxxXxxxXxxx",
        SNARE: "----X-------X---",
        RIDE: "X---X---X---X---",
        CRASH: "?---------------",
    },
    "metal_gallop": {KICK: "X-xxX-xxX-xxX-xx", SNARE: "----X-------X---", CLOSED_HAT: "X---X---X---X---"},
    "metal_blast": {KICK: "X-X-X-X-X-X-X-X-", SNARE: "-x-x-x-x-x-x-x-x", RIDE: "X---X---X---X---"},
    "funk": {
        KICK: "X-%---?---X--%--",
        SNARE: "----X--o-o-?X--o",
        CLOSED_HAT: "XxxxXxx-XxxxXxxx",
        OPEN_HAT: "-------%--------",
    },
    "funk_linear": {KICK: "X--x---X--x---?-", SNARE: "----X--o-o--X-oo", CLOSED_HAT: "xox-xoo-xo-xxo--"},
    "bossa": {
        KICK: "X--xX--xX--xX--x",
        RIM: "x--x--x---x--x--",
        CLOSED_HAT: "xoxoxoxoxoxoxoxo",
    },
    "samba": {
        KICK: "x--xX--xx--xX--x",
        RIM: "x-x-xx-x-x-xx-x-",
        SHAKER: "XoxxXoxxXoxxXoxx",
    },
    "one_drop": {KICK: "--------X-------", RIM: "--------X-----?-", CLOSED_HAT: "x-%-x-%-x-%-x-x-"},
    "steppers": {KICK: "X---X---X---X---", RIM: "--------X----%--", CLOSED_HAT: "x-x-x-x-x-x-x-x-"},
    "dembow": {KICK: "X---X---X---X---", SNARE: "---x--x----x--x-", CLOSED_HAT: "x-x-x-x-x-x-x-x-"},
    "swing": {
        RIDE: "X---X-x-X---X-x-",
        PEDAL_HAT: "----x-------x---",
        KICK: "o---o---o---o-?-",
        SNARE: "---?--o-?-----o?",
    },
    "train": {SNARE: "oxXooxXooxXooxXo", KICK: "X---x---X---x---"},
    "folk_stomp": {KICK: "X-------X-----%-", TAMBOURINE: "----X-------X---", SHAKER: "o-o-o-o-o-o-o-o-"},
    "ambient_pulse": {KICK: "x---------------", SHAKER: "?-?-?-?-?-?-?-?-"},
    "march": {SNARE: "X-ooX-xxX-ooX-x-", KICK: "X-------X-------"},
    "congas": {HIGH_CONGA: "x-o-xo--x-o-x---", LOW_CONGA: "------x---------", SHAKER: "x-o-x-o-x-o-x-o-"},
}

#: Percussion that may join a groove.
TOPS: Final[dict[str, Groove]] = {
    "shaker": {SHAKER: "XoxoXoxoXoxoXoxo"},
    "tambourine": {TAMBOURINE: "--x---x---x---x-"},
    "backbeat_tambourine": {TAMBOURINE: "----X-------X---"},
    "congas": {HIGH_CONGA: "--x---xx--x---x-", LOW_CONGA: "--------x--x----"},
    "bongos": {BONGO: "x-oxx-o-x-oxx-o-"},
    "cowbell": {COWBELL: "x---x---x---x---"},
    "claves": {CLAVES: "x--x--x---x-x---"},
    "cabasa": {CABASA: "xoXoxoXoxoXoxoXo"},
}

#: The last steps of a bar that leads on, right-aligned; sixteenths.
FILLS: Final[tuple[Groove, ...]] = (
    {SNARE: "xoxx"},
    {SNARE: "x-xxxxXX"},
    {HIGH_TOM: "xx------", MID_TOM: "--xx----", LOW_TOM: "----xxXX"},
    {SNARE: "xxxx------------", HIGH_TOM: "----xxxx--------", MID_TOM: "--------xxxx----", LOW_TOM: "------------xxxX"},
    {SNARE: "x--x--x-", LOW_TOM: "-x--x--x"},
    {KICK: "x--x--x-", CRASH: "x--x--x-"},
    {OPEN_HAT: "--x-", SNARE: "---x"},
    {CLAP: "x-x-xxxx"},
)


def groove_in(beats: int, steps_per_beat: int, groups: tuple[int, ...], cymbal: int, back: int) -> Groove:
    """Return a plain groove for any metre.

    Parameters
    ----------
    beats
        In a bar.
    steps_per_beat
        Steps in a beat: 4, 3 or 2.
    groups
        How the beats of the bar are grouped; each group begins with a stroke of the foot.
    cymbal, back
        What keeps time, and what answers the foot.
    """
    size = beats * steps_per_beat
    kick, answer, time = ["-"] * size, ["-"] * size, ["-"] * size
    step = 0
    for index, group in enumerate(groups):
        if len(groups) > 1 and max(groups) <= 3 and min(groups) == 3:  # fast compound: the groups alternate
            (kick if index % 2 == 0 else answer)[step] = "X"
            if index % 2:
                kick[step - steps_per_beat] = "?"
        else:
            kick[step] = "X" if index == 0 else "x"
            for beat in range(1, group):
                if beat % 2 or group == 3:
                    answer[step + beat * steps_per_beat] = "X" if beat % 2 else "%"
        step += group * steps_per_beat
    every = 1 if steps_per_beat == 3 else max(1, steps_per_beat // 2)
    for at in range(0, size, every):
        time[at] = "X" if at % steps_per_beat == 0 else "x"
    return {KICK: "".join(kick), back: "".join(answer), cymbal: "".join(time)}
