"""`python -m pbxsim.cli` is `pbx`: how one `pbx` starts another without looking for a script on the path."""

from pbxsim.cli import main

main()
