"""What several styles share: progressions in Roman numerals, and General MIDI programs by family."""

POP_MAJOR = ("I V vi IV", "I vi IV V", "I IV vi V", "I IV I V", "I iii IV V", "I IV V IV", "I ii IV V", "I V IV I")
POP_MINOR = (
    "i bVI bIII bVII",
    "i bVII bVI bVII",
    "i iv bVI V",
    "i bVI iv V",
    "i bIII bVII iv",
    "i v bVI bVII",
    "i iv i V",
)
DANCE_MINOR = ("i bVI bVII i", "i i bVI bVII", "i bIII bVII iv", "i iv i v", "i bVII bVI v", "i i iv v")
JAZZ_MAJOR = (
    "I:maj7 vi:min7 ii:min7 V:7",
    "ii:min7 V:7 I:maj7 I:maj6",
    "I:maj7 IV:maj7 iii:min7 vi:min7 ii:min7 V:7 I:maj7 V:7",
    "I:maj9 II:7 ii:min9 V:9",
)
JAZZ_MINOR = (
    "i:min7 iv:min7 ii:hdim7 V:7",
    "i:min6 bVI:maj7 ii:hdim7 V:7",
    "i:min9 iv:min9 bVII:7 bIII:maj7 bVI:maj7 ii:hdim7 V:7 i:min6",
)
ROCK_MAJOR = ("I bVII IV I", "I IV I V", "I V vi IV", "I IV bVII IV", "I I IV V", "I vi IV V")
ROCK_MINOR = ("i bVII bVI bVII", "i bIII bVII i", "i bVI bVII i", "i iv bVII i", "i i bVI bVII")
BLUES = ("I:7 I:7 I:7 I:7 IV:7 IV:7 I:7 I:7 V:7 IV:7 I:7 V:7", "I:7 IV:7 I:7 V:7")

BASSES_SYNTH = (38, 39, 38, 39, 33, 87)
BASSES_LIVE = (32, 33, 34, 35, 33, 34)
KEYS = (0, 1, 2, 4, 5, 16, 17, 18)
GUITARS = (24, 25, 26, 27, 28)
PADS = (88, 89, 90, 91, 92, 94, 95, 48, 50, 51, 52)
SYNTH_CHORDS = (4, 5, 62, 63, 81, 90, 80, 16, 17, 7, 50, 55)
SYNTH_LEADS = (80, 81, 82, 83, 84, 85, 86, 87, 98, 99)
WINDS = (56, 57, 60, 61, 64, 65, 66, 68, 71, 73, 75)
STRINGS = (40, 41, 42, 44, 45, 48, 49)
