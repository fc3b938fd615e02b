"""CDS Hooks cards: their model, order and rendering; a leaf package."""

from cards.model import Action, Card, Coding, Link, Source, Suggestion
from cards.render import render

__all__ = ["Action", "Card", "Coding", "Link", "Source", "Suggestion", "render"]
