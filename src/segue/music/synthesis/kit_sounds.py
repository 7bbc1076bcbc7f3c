"""The kits of finished productions, as numbers: drum machines, rooms, brushes, an orchestra's percussion."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class KitSound:
    """How a kit sounds.

    Attributes
    ----------
    kick_hz, kick_s, kick_drop, kick_drop_s, kick_drive, kick_click, kick_skin
        The kick: its pitch, length, how many times higher it begins and how fast it falls, saturation, beater, skin.
    snare_hz, snare_s, wires_s, wires_low_hz, wires, clap
        The snare: its pitch, how long the skin and the wires ring, where the wires begin, how strong they are; and how
        much of a clap lies over it.
    gate_s
        How long a room rings after a snare before it is cut off, 0 for none.
    hat_s, open_s, hat_hz, metal
        The hi-hat: closed and open, where it begins, and how much of it is metal rather than noise.
    cymbal_s
        How long cymbals ring.
    tom
        How much lower toms are than usual, as a factor.
    """

    kick_hz: float = 52.0
    kick_s: float = 0.16
    kick_drop: float = 4.0
    kick_drop_s: float = 0.018
    kick_drive: float = 1.8
    kick_click: float = 0.35
    kick_skin: float = 0.0
    snare_hz: float = 190.0
    snare_s: float = 0.09
    wires_s: float = 0.13
    wires_low_hz: float = 1200.0
    wires: float = 0.8
    clap: float = 0.0
    gate_s: float = 0.0
    hat_s: float = 0.035
    open_s: float = 0.28
    hat_hz: float = 7000.0
    metal: float = 0.6
    cymbal_s: float = 0.9
    tom: float = 1.0


KIT_SOUNDS: Final[dict[str, KitSound]] = {
    "909": KitSound(
        kick_hz=50, kick_s=0.2, kick_drop=5.0, kick_drive=2.5, snare_hz=185, wires=0.7, clap=0.25, metal=0.7
    ),
    "warehouse": KitSound(
        kick_hz=47,
        kick_s=0.24,
        kick_drop=6.0,
        kick_drive=4.0,
        kick_click=0.25,
        wires=0.6,
        clap=0.5,
        hat_s=0.028,
        metal=0.85,
    ),
    "808": KitSound(
        kick_hz=46,
        kick_s=0.34,
        kick_drop=3.0,
        kick_drop_s=0.03,
        kick_drive=1.5,
        kick_click=0.3,
        snare_hz=200,
        snare_s=0.07,
        wires_s=0.09,
        wires=0.9,
        clap=0.45,
        hat_s=0.022,
        open_s=0.2,
        hat_hz=7800,
        metal=0.9,
    ),
    "break": KitSound(
        kick_hz=58,
        kick_s=0.1,
        kick_skin=0.5,
        kick_click=0.5,
        snare_hz=215,
        snare_s=0.07,
        wires_s=0.15,
        wires=1.0,
        hat_s=0.05,
        metal=0.35,
    ),
    "pop": KitSound(kick_hz=54, kick_s=0.15, kick_skin=0.25, kick_click=0.4, wires_s=0.15, clap=0.3, metal=0.45),
    "eighties": KitSound(
        kick_hz=56,
        kick_s=0.14,
        kick_skin=0.2,
        kick_click=0.45,
        snare_hz=175,
        snare_s=0.12,
        wires_s=0.2,
        wires=0.9,
        gate_s=0.22,
        hat_s=0.03,
        metal=0.7,
        tom=0.8,
    ),
    "rock": KitSound(
        kick_hz=60,
        kick_s=0.13,
        kick_drop=2.5,
        kick_skin=0.7,
        kick_click=0.55,
        snare_hz=185,
        snare_s=0.11,
        wires_s=0.19,
        wires=1.0,
        hat_s=0.055,
        open_s=0.45,
        hat_hz=5200,
        metal=0.35,
        cymbal_s=1.3,
    ),
    "metal": KitSound(
        kick_hz=62,
        kick_s=0.09,
        kick_drop=3.0,
        kick_skin=0.4,
        kick_click=1.1,
        snare_hz=210,
        snare_s=0.09,
        wires_s=0.16,
        wires=1.1,
        hat_s=0.045,
        open_s=0.4,
        hat_hz=5600,
        metal=0.35,
        cymbal_s=1.3,
    ),
    "dry": KitSound(
        kick_hz=62,
        kick_s=0.1,
        kick_drop=2.2,
        kick_skin=0.7,
        kick_click=0.35,
        snare_hz=205,
        snare_s=0.07,
        wires_s=0.1,
        wires=0.9,
        hat_s=0.04,
        hat_hz=6000,
        metal=0.35,
    ),
    "jazz": KitSound(
        kick_hz=72,
        kick_s=0.14,
        kick_drop=1.4,
        kick_drive=1.1,
        kick_skin=0.9,
        kick_click=0.15,
        snare_hz=220,
        snare_s=0.08,
        wires_s=0.12,
        wires=0.7,
        wires_low_hz=1800,
        hat_s=0.06,
        hat_hz=5000,
        metal=0.3,
        cymbal_s=1.6,
        tom=1.15,
    ),
    "dusty": KitSound(
        kick_hz=60,
        kick_s=0.12,
        kick_drop=2.0,
        kick_drive=2.4,
        kick_skin=0.5,
        kick_click=0.2,
        snare_hz=190,
        snare_s=0.08,
        wires_s=0.1,
        wires=0.9,
        wires_low_hz=900,
        clap=0.1,
        hat_s=0.035,
        hat_hz=5200,
        metal=0.3,
        cymbal_s=0.7,
    ),
    "concert": KitSound(
        kick_hz=44,
        kick_s=0.5,
        kick_drop=1.2,
        kick_drive=1.0,
        kick_skin=1.0,
        kick_click=0.05,
        snare_hz=230,
        snare_s=0.06,
        wires_s=0.14,
        cymbal_s=1.9,
        hat_s=0.08,
        hat_hz=4500,
        metal=0.3,
        tom=0.75,
    ),
}
