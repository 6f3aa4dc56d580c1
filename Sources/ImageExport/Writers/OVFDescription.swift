import ApplianceSpec
internal import XMLDocuments

/// The envelope of an OVF package (DSP0243 1.1), for the one program that is to read it: what one of them calls its own the
/// other refuses.
struct OVFDescription {
    enum Family { case vmware, virtualbox }

    var family: Family
    var facts: ApplianceFacts
    /// The disk's file in the package.
    var diskFile: String
    /// Bytes of that file, and of the disk in it.
    var fileSize: Int64
    var capacity: Int64

    static let vmdkFormat = "http://www.vmware.com/interfaces/specifications/vmdk.html#streamOptimized"

    var document: String {
        XMLElement(
            "Envelope",
            [
                "xmlns": "http://schemas.dmtf.org/ovf/envelope/1",
                "xmlns:ovf": "http://schemas.dmtf.org/ovf/envelope/1",
                "xmlns:rasd": "http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_ResourceAllocationSettingData",
                "xmlns:vssd": "http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_VirtualSystemSettingData",
                "xmlns:vmw": "http://www.vmware.com/schema/ovf",
                "xmlns:xsi": "http://www.w3.org/2001/XMLSchema-instance",
            ],
            [
                XMLElement(
                    "References", [:],
                    [
                        XMLElement(
                            "File", ["ovf:id": "file1", "ovf:href": diskFile, "ovf:size": "\(fileSize)"])
                    ]),
                XMLElement(
                    "DiskSection", [:],
                    [
                        XMLElement("Info", text: "The disks of the appliance"),
                        XMLElement(
                            "Disk",
                            [
                                "ovf:capacity": "\(capacity)", "ovf:capacityAllocationUnits": "byte",
                                "ovf:diskId": "vmdisk1", "ovf:fileRef": "file1", "ovf:format": Self.vmdkFormat,
                            ]),
                    ]),
                XMLElement(
                    "NetworkSection", [:],
                    [
                        XMLElement("Info", text: "The networks of the appliance"),
                        XMLElement(
                            "Network", ["ovf:name": network],
                            [XMLElement("Description", text: "The network that the appliance is reached by")]),
                    ]),
                virtualSystem,
            ]
        ).document()
    }

    private var network: String { family == .vmware ? "VM Network" : "NAT" }

    private var virtualSystem: XMLElement {
        let system = facts.architecture == .amd64 ? "96" : "95"
        var system64: [XMLElement.Attribute] = [.init("ovf:id", system)]
        // What vSphere 6.7 knows by name; newer Debians run as it.
        if family == .vmware { system64.append(.init("vmw:osType", "debian10_64Guest")) }
        var operatingSystem = XMLElement(
            "OperatingSystemSection", [:],
            [
                XMLElement("Info", text: "The operating system of the appliance"),
                XMLElement("Description", text: "Debian GNU/Linux \(facts.majorVersion) (64-bit)"),
            ])
        operatingSystem.attributes = system64
        return XMLElement(
            "VirtualSystem", ["ovf:id": facts.name],
            [
                XMLElement("Info", text: facts.summary), XMLElement("Name", text: facts.stem), operatingSystem,
                XMLElement(
                    "ProductSection", [:],
                    [
                        XMLElement("Info", text: "The appliance"), XMLElement("Product", text: facts.name),
                        XMLElement("Version", text: facts.version),
                    ]),
                hardware,
            ])
    }

    private var hardware: XMLElement {
        let type = family == .vmware ? "vmx-14" : "virtualbox-2.2"
        var children = [
            XMLElement("Info", text: "The virtual hardware of the appliance"),
            XMLElement(
                "System", [:],
                [
                    XMLElement("vssd:ElementName", text: "Virtual Hardware Family"),
                    XMLElement("vssd:InstanceID", text: "0"),
                    XMLElement("vssd:VirtualSystemIdentifier", text: facts.stem),
                    XMLElement("vssd:VirtualSystemType", text: type),
                ]),
        ]
        children += items
        if family == .vmware, facts.needsUEFI {
            children.append(
                XMLElement("vmw:Config", ["ovf:required": "false", "vmw:key": "firmware", "vmw:value": "efi"]))
        }
        return XMLElement("VirtualHardwareSection", [:], children)
    }

    /// The elements of an item stand in alphabetical order, as the schema has them.
    private var items: [XMLElement] {
        [
            item([
                ("AllocationUnits", "hertz * 10^6"), ("Description", "Number of virtual CPUs"),
                ("ElementName", "\(facts.cpus) virtual CPU(s)"), ("InstanceID", "1"), ("ResourceType", "3"),
                ("VirtualQuantity", "\(facts.cpus)"),
            ]),
            item([
                ("AllocationUnits", "byte * 2^20"), ("Description", "Memory size"),
                ("ElementName", "\(facts.memoryMebibytes) MB of memory"), ("InstanceID", "2"), ("ResourceType", "4"),
                ("VirtualQuantity", "\(facts.memoryMebibytes)"),
            ]),
            controller,
            item([
                ("AddressOnParent", "0"), ("ElementName", "Hard disk 1"), ("HostResource", "ovf:/disk/vmdisk1"),
                ("InstanceID", "4"), ("Parent", "3"), ("ResourceType", "17"),
            ]),
            item([
                ("AddressOnParent", "7"), ("AutomaticAllocation", "true"), ("Connection", network),
                ("Description", "Network adapter"), ("ElementName", "Ethernet 1"), ("InstanceID", "5"),
                ("ResourceSubType", family == .vmware ? "VmxNet3" : "virtio-net"), ("ResourceType", "10"),
            ]),
        ]
    }

    /// The kernel for clouds has drivers for these, and none for LSI Logic's or Intel's cards.
    private var controller: XMLElement {
        family == .vmware
            ? item([
                ("Address", "0"), ("Description", "SCSI controller"), ("ElementName", "SCSI controller 0"),
                ("InstanceID", "3"), ("ResourceSubType", "VirtualSCSI"), ("ResourceType", "6"),
            ])
            : item([
                ("Address", "0"), ("Description", "SATA controller"), ("ElementName", "SATA controller 0"),
                ("InstanceID", "3"), ("ResourceSubType", "AHCI"), ("ResourceType", "20"),
            ])
    }

    private func item(_ parts: [(String, String)]) -> XMLElement {
        XMLElement("Item", [:], parts.map { XMLElement("rasd:\($0.0)", text: $0.1) })
    }
}
