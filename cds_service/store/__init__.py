"""What the service keeps: cards issued, feedback, tokens seen and decisions. Nothing about the patient."""
