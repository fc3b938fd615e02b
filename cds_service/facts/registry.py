"""The one registry of facts, and the answers that several facts share."""

from __future__ import annotations

from cds_service.engine.vocabulary import Vocabulary

TECHNIQUES = (
    "imrt",
    "3dcrt",
    "2d",
    "conventional",
    "linac",
    "sbrt",
    "srs",
    "proton",
    "neutron",
    "electron",
    "superficial",
    "brachytherapy",
)
METHODS = ("ct", "ultrasound", "stereoscopic-xray", "intrafraction-tracking", "mri", "planar", "fluoroscopy")
SIDES = ("hospital", "physician-in-hospital", "freestanding")
PLANS = (
    "medicare-ffs",
    "molina-medicare",
    "florida-blue-medicare",
    "other-medicare-advantage",
    "molina",
    "florida-blue",
    "other",
    "unknown",
)

INTENTS = (
    "curative",
    "palliative",
    "preventive",
    "supportive",
    "diagnostic",
    "guidance",
    "screening",
    "forensic",
)
SITES = ("whole-brain", "brain", "spine")
MODALITIES = (
    "external-beam-boost",
    "proton",
    "electron",
    "superficial",
    "neutron",
    "brachytherapy",
    "tbi",
    "hemibody",
    "per-oral",
    "endocavitary",
    "intraoperative",
)

VOCABULARY = Vocabulary()
