package import Diagnostics

/// What a line says, by its command. The cases stand for what the line says in the dialect it was read in: of aliases
/// (`part`, `partition`) there is one, and `CommandStatement.name` is the word as written.
package enum KickstartCommand: Sendable {
    // Storage
    case partition(PartitionCommand)
    case volumeGroup(VolumeGroupCommand)
    case logicalVolume(LogicalVolumeCommand)
    case raid(RAIDCommand)
    case btrfs(BtrfsCommand)
    case mount(MountCommand)
    case reqPart(ReqPartCommand)
    case snapshot(SnapshotCommand)
    // Disks and boot loader
    case autoPart(AutoPartCommand)
    case clearPart(ClearPartCommand)
    case ignoreDisk(IgnoreDiskCommand)
    case bootloader(BootloaderCommand)
    case zipl(ZiplCommand)
    // Sources
    case url(URLCommand)
    case repository(RepositoryCommand)
    case nfs(NFSCommand)
    case hardDrive(HardDriveCommand)
    case liveImage(LiveImageCommand)
    case ostreeSetup(OSTreeSetupCommand)
    case ostreeContainer(OSTreeContainerCommand)
    case bootc(BootcCommand)
    case module(ModuleCommand)
    case install(InstallCommand)
    case upgrade(UpgradeCommand)
    case updates(UpdatesCommand)
    case driverDisk(DriverDiskCommand)
    // Accounts
    case rootPassword(RootPasswordCommand)
    case user(UserCommand)
    case group(GroupCommand)
    case sshKey(SSHKeyCommand)
    case sshPassword(SSHPasswordCommand)
    // Locale, X
    case language(LanguageCommand)
    case keyboard(KeyboardCommand)
    case timeZone(TimeZoneCommand)
    case timeSource(TimeSourceCommand)
    case languageSupport(LanguageSupportCommand)
    case xconfig(XConfigCommand)
    case monitor(MonitorCommand)
    case mouse(MouseCommand)
    // The system
    case network(NetworkCommand)
    case firewall(FirewallCommand)
    case selinux(SELinuxCommand)
    case services(ServicesCommand)
    case firstBoot(FirstBootCommand)
    case logging(LoggingCommand)
    case rhsm(RHSMCommand)
    case systemPurpose(SystemPurposeCommand)
    case eula(EULACommand)
    // The installer, hardware
    case displayMode(DisplayModeCommand)
    case reboot(RebootCommand)
    case vnc(VNCCommand)
    case rdp(RDPCommand)
    case rescue(RescueCommand)
    case autoStep(AutoStepCommand)
    case key(KeyCommand)
    case device(DeviceCommand)
    case dmraid(DMRaidCommand)
    case multipath(MultipathCommand)
    case iscsi(ISCSICommand)
    case iscsiName(ISCSINameCommand)
    case fcoe(FCoECommand)
    case zfcp(ZFCPCommand)
    case nvdimm(NVDIMMCommand)
    // Without options of their own
    case cdrom
    case hmc
    case zerombr
    case skipx
    case mediacheck
    case interactive
    case lilocheck
    case unsupportedHardware
    // With arguments that are handed on
    /// `auth`, `authconfig`: the arguments of the authconfig tool, as written.
    case authConfig(Located<String>)
    /// `authselect`: the arguments of the authselect tool, as written.
    case authSelect(Located<String>)
    case deviceprobe(Located<String>)
    case realm(RealmCommand)
    /// A command that its dialect ignores: it may have any arguments.
    case deprecated
}
