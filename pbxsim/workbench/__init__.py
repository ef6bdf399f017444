"""The workbench web application: draw a flow, preview a call, load-test a day, each a page of its own.

`python -m pbxsim.workbench` or `pbxsim.workbench.serve.serve(port, flow_file)` starts it. Importing this package loads
neither Panel nor a browser component, so that workers of a load test stay small.
"""
