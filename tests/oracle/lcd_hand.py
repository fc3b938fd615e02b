"""All hand-written Medicare scenarios."""

from __future__ import annotations

from tests.oracle import lcd_hand_earlier, lcd_hand_papers, lcd_hand_plans, lcd_hand_services, lcd_hand_units
from tests.oracle.lcd_case import Hand

HAND: tuple[Hand, ...] = (
    *lcd_hand_plans.ALL,
    *lcd_hand_earlier.ALL,
    *lcd_hand_services.ALL,
    *lcd_hand_units.ALL,
    *lcd_hand_papers.ALL,
)
