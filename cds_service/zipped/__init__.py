"""Archives (.zip), and workbooks (.xlsx), which are archives too: read as streams, within limits."""
