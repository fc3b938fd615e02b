"""CMS's quarterly edit files as users download them, and the local catalogue that keeps what concerns radiotherapy."""
