"""Mashups: score two songs, plan, render.

The way through::

    compatibility = score_compatibility(analysis_a, analysis_b)
    profiles = {source.id: profile_stem(stems[source.id]) for source in sources}
    plan = plan_mashup(analyses, sources, profiles, foundation="b", options=MashupOptions(vibe="party"))
    audio, report = render_mashup(plan, stems)
"""
