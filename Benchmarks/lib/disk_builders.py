"""debos and vmdb2, which build on loop devices: what of them runs here.

Neither can mount an ESP where the kernel has no vfat, so that their disks boot by BIOS alone.
"""


class Debos:
    name = "debos"
    must_work = False

    def __init__(self, debian, packages):
        self.debian = debian

    def prepare(self, log):
        pass

    def notes(self):
        return []
