/// Where an image is to run, or the form in which somebody wants it. What each asks for is a small type of its own, in
/// the files beside this one; `profile` is the table.
package enum Target: String, Sendable, Codable, CaseIterable {
    case raw, qcow2
    case openstack, aws, azure, gce, digitalocean, oracle
    case vmware, virtualbox
    case hyperv, libvirt, proxmox, xen, kubevirt, incus, lxd, vagrant, firecracker
    case rootfs, oci

    /// Whether its files come from the tree and not from the disk alone.
    package func needsTree(_ formats: FormatSettings) -> Bool {
        switch self {
        case .rootfs, .oci, .firecracker: true
        case .incus, .lxd: formats.instances.contains(.container)
        default: false
        }
    }

    package var profile: TargetProfile {
        switch self {
        case .raw: RawTarget.profile
        case .qcow2: QCOW2Target.profile
        case .openstack: OpenStackTarget.profile
        case .aws: AWSTarget.profile
        case .azure: AzureTarget.profile
        case .gce: GCETarget.profile
        case .digitalocean: DigitalOceanTarget.profile
        case .oracle: OracleTarget.profile
        case .vmware: VMwareTarget.profile
        case .virtualbox: VirtualBoxTarget.profile
        case .hyperv: HyperVTarget.profile
        case .libvirt: LibvirtTarget.profile
        case .proxmox: ProxmoxTarget.profile
        case .xen: XenTarget.profile
        case .kubevirt: KubeVirtTarget.profile
        case .incus: IncusTarget.profile
        case .lxd: LXDTarget.profile
        case .vagrant: VagrantTarget.profile
        case .firecracker: FirecrackerTarget.profile
        case .rootfs: RootfsTarget.profile
        case .oci: OCITarget.profile
        }
    }
}
