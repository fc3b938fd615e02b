"""A CDS Hooks service that checks image-guided radiation therapy orders and claims against payer policy."""
