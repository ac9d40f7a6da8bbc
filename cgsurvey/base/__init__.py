"""What every room uses: errors, options, the result protocol, the glossary, notes, references, parallel work."""
