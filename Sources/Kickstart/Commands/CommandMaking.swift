extension KickstartCommand {
    /// The command of that name (the first of its aliases) with these values; nil for an unknown name.
    init?(_ name: String, _ values: OptionValues) {
        switch name {
        case "part": self = .partition(PartitionCommand(values))
        case "volgroup": self = .volumeGroup(VolumeGroupCommand(values))
        case "logvol": self = .logicalVolume(LogicalVolumeCommand(values))
        case "raid": self = .raid(RAIDCommand(values))
        case "btrfs": self = .btrfs(BtrfsCommand(values))
        case "mount": self = .mount(MountCommand(values))
        case "reqpart": self = .reqPart(ReqPartCommand(values))
        case "snapshot": self = .snapshot(SnapshotCommand(values))
        case "autopart": self = .autoPart(AutoPartCommand(values))
        case "clearpart": self = .clearPart(ClearPartCommand(values))
        case "ignoredisk": self = .ignoreDisk(IgnoreDiskCommand(values))
        case "bootloader", "lilo": self = .bootloader(BootloaderCommand(values))
        case "zipl": self = .zipl(ZiplCommand(values))
        case "url": self = .url(URLCommand(values))
        case "repo": self = .repository(RepositoryCommand(values))
        case "nfs": self = .nfs(NFSCommand(values))
        case "harddrive": self = .hardDrive(HardDriveCommand(values))
        case "liveimg": self = .liveImage(LiveImageCommand(values))
        case "ostreesetup": self = .ostreeSetup(OSTreeSetupCommand(values))
        case "ostreecontainer": self = .ostreeContainer(OSTreeContainerCommand(values))
        case "bootc": self = .bootc(BootcCommand(values))
        case "module": self = .module(ModuleCommand(values))
        case "install": self = .install(InstallCommand(values))
        case "upgrade": self = .upgrade(UpgradeCommand(values))
        case "updates": self = .updates(UpdatesCommand(values))
        case "driverdisk": self = .driverDisk(DriverDiskCommand(values))
        case "rootpw": self = .rootPassword(RootPasswordCommand(values))
        case "user": self = .user(UserCommand(values))
        case "group": self = .group(GroupCommand(values))
        case "sshkey": self = .sshKey(SSHKeyCommand(values))
        case "sshpw": self = .sshPassword(SSHPasswordCommand(values))
        case "lang": self = .language(LanguageCommand(values))
        case "keyboard": self = .keyboard(KeyboardCommand(values))
        case "timezone": self = .timeZone(TimeZoneCommand(values))
        case "timesource": self = .timeSource(TimeSourceCommand(values))
        case "langsupport": self = .languageSupport(LanguageSupportCommand(values))
        case "xconfig": self = .xconfig(XConfigCommand(values))
        case "monitor": self = .monitor(MonitorCommand(values))
        case "mouse": self = .mouse(MouseCommand(values))
        case "network": self = .network(NetworkCommand(values))
        case "firewall": self = .firewall(FirewallCommand(values))
        case "selinux": self = .selinux(SELinuxCommand(values))
        case "services": self = .services(ServicesCommand(values))
        case "firstboot": self = .firstBoot(FirstBootCommand(values))
        case "logging": self = .logging(LoggingCommand(values))
        case "rhsm": self = .rhsm(RHSMCommand(values))
        case "syspurpose": self = .systemPurpose(SystemPurposeCommand(values))
        case "eula": self = .eula(EULACommand(values))
        case "text": self = .displayMode(DisplayModeCommand(values))
        case "reboot": self = .reboot(RebootCommand(values))
        case "vnc": self = .vnc(VNCCommand(values))
        case "rdp": self = .rdp(RDPCommand(values))
        case "rescue": self = .rescue(RescueCommand(values))
        case "autostep": self = .autoStep(AutoStepCommand(values))
        case "key": self = .key(KeyCommand(values))
        case "device": self = .device(DeviceCommand(values))
        case "dmraid": self = .dmraid(DMRaidCommand(values))
        case "multipath": self = .multipath(MultipathCommand(values))
        case "iscsi": self = .iscsi(ISCSICommand(values))
        case "iscsiname": self = .iscsiName(ISCSINameCommand(values))
        case "fcoe": self = .fcoe(FCoECommand(values))
        case "zfcp": self = .zfcp(ZFCPCommand(values))
        case "nvdimm": self = .nvdimm(NVDIMMCommand(values))
        case "cdrom": self = .cdrom
        case "hmc": self = .hmc
        case "zerombr": self = .zerombr
        case "skipx": self = .skipx
        case "mediacheck": self = .mediacheck
        case "interactive": self = .interactive
        case "lilocheck": self = .lilocheck
        case "unsupported_hardware": self = .unsupportedHardware
        case "auth": self = .authConfig(values.required("text"))
        case "authselect": self = .authSelect(values.required("text"))
        case "deviceprobe": self = .deviceprobe(values.required("text"))
        case "realm": self = .realm(RealmCommand(values))
        default: return nil
        }
    }
}
