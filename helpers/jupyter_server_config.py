"""How JupyterLab serves the lessons: `jupyterlab --config=helpers/jupyter_server_config.py`.

What is saved is a lesson that reads well without a kernel; what is served stays on this machine.
"""

c = get_config()  # type: ignore[name-defined] # noqa: F821 (Jupyter defines it)

c.ContentsManager.pre_save_hook = "helpers.lessons.keep_stills"

c.ServerApp.ip = "127.0.0.1"  # this machine alone, and only with the token
c.ServerApp.tornado_settings = {"websocket_max_message_size": 200 << 20}  # bytes of an upload

# A kernel takes some 700 MB. One whose lesson is closed and that does nothing ends after half an
# hour; one whose lesson is open in a browser never does.
c.MappingKernelManager.cull_idle_timeout = 30 * 60
c.MappingKernelManager.cull_interval = 60
c.MappingKernelManager.cull_connected = False
c.MappingKernelManager.cull_busy = False
