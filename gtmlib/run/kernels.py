"""Kernels forked from one process that has imported what all chapters import: each is fresh, none imports it again."""

from __future__ import annotations

import multiprocessing
import os
import sys
from multiprocessing.process import BaseProcess
from typing import Any

from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning import LocalProvisioner

# Code only, never a client's data: what a fork inherits is the same for every engagement.
WARM = ["gtmlib.data.load", "gtmlib.present.exhibits", "ibis.backends.duckdb", "ipykernel.ipkernel",
        "ipykernel.kernelapp", "scipy.stats"]  # fmt: skip
CAN_FORK = "forkserver" in multiprocessing.get_all_start_methods()  # not on Windows: kernels start there as always
PROCESSES: Any = multiprocessing.get_context("forkserver" if CAN_FORK else "spawn")
PROCESSES.set_forkserver_preload(WARM)


class ForkedKernelManager(AsyncKernelManager):  # type: ignore[misc]
    """Starts kernels by forking, where the system can; a drop-in for `NotebookClient.kernel_manager_class`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if CAN_FORK:
            self.provisioner = ForkProvisioner(kernel_spec=self.kernel_spec, parent=self)


class ForkProvisioner(LocalProvisioner):  # type: ignore[misc]
    """Runs a kernel in a fork of the warm process instead of a new interpreter."""

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> Any:
        """Fork the kernel that a command would have started.

        Parameters
        ----------
        cmd : list of str
            `python -m ipykernel_launcher` and its arguments.
        **kwargs : Any
            Of which `env` and `cwd` are used, as for a process of its own.
        """
        arguments = cmd[cmd.index("ipykernel_launcher") + 1 :]
        process = PROCESSES.Process(target=_serve, args=(arguments, kwargs["env"], kwargs.get("cwd")))
        process.start()
        self.process, self.pid = _Popen(process), process.pid
        return self.connection_info


class _Popen:
    """What jupyter_client asks of a `subprocess.Popen`."""

    stdin = stdout = stderr = None

    def __init__(self, process: BaseProcess) -> None:
        self._process = process

    def poll(self) -> int | None:
        return self._process.exitcode

    def wait(self) -> int | None:
        self._process.join()
        return self._process.exitcode

    def send_signal(self, signum: int) -> None:
        os.kill(self._process.pid or 0, signum)

    def kill(self) -> None:
        self._process.kill()

    def terminate(self) -> None:
        self._process.terminate()


def _serve(arguments: list[str], env: dict[str, str], cwd: str | None) -> None:
    from ipykernel.kernelapp import IPKernelApp

    os.environ.clear()
    os.environ.update(env | {"JPY_PARENT_PID": str(os.getppid())})  # the kernel ends when the warm process does
    if cwd:
        os.chdir(cwd)
    sys.argv = ["ipykernel_launcher", *arguments]
    IPKernelApp.launch_instance(arguments)
