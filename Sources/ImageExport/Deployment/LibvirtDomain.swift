import ApplianceSpec
internal import XMLDocuments

/// The domain of libvirt (formatdomain): virtio for disk, network and randomness, a serial console, the agent's channel.
struct LibvirtDomain {
    var facts: ApplianceFacts
    var seed: DiskSeed
    /// The disk's file, where `virsh` finds it.
    var image: String
    static let imageFolder = "/var/lib/libvirt/images"

    var document: String {
        XMLElement(
            "domain", ["type": "kvm"],
            [
                XMLElement("name", text: facts.stem), XMLElement("uuid", text: seed.uuid("libvirt domain")),
                XMLElement("description", text: facts.summary),
                XMLElement("memory", ["unit": "KiB"], text: "\((facts.memory + 1023) / 1024)"),
                XMLElement("vcpu", ["placement": "static"], text: "\(facts.cpus)"),
                operatingSystem,
                XMLElement(
                    "features", [:], [XMLElement("acpi"), XMLElement("apic")].filter { $0.name != "apic" || isX86 }),
                XMLElement("cpu", isX86 ? ["mode": "host-model"] : ["mode": "host-passthrough"]),
                XMLElement("clock", ["offset": "utc"]),
                XMLElement("on_poweroff", text: "destroy"), XMLElement("on_reboot", text: "restart"),
                XMLElement("on_crash", text: "destroy"), devices,
            ]
        ).document()
    }

    private var isX86: Bool { facts.architecture == .amd64 }

    private var operatingSystem: XMLElement {
        let machine = isX86 ? "q35" : "virt"
        let type = XMLElement("type", ["arch": facts.machine, "machine": machine], text: "hvm")
        return XMLElement("os", facts.needsUEFI ? ["firmware": "efi"] : [:], [type, XMLElement("boot", ["dev": "hd"])])
    }

    private var devices: XMLElement {
        XMLElement(
            "devices", [:],
            [
                XMLElement(
                    "disk", ["type": "file", "device": "disk"],
                    [
                        XMLElement("driver", ["name": "qemu", "type": "qcow2", "discard": "unmap"]),
                        XMLElement("source", ["file": "\(Self.imageFolder)/\(image)"]),
                        XMLElement("target", ["dev": "vda", "bus": "virtio"]),
                    ]),
                XMLElement(
                    "interface", ["type": "network"],
                    [XMLElement("source", ["network": "default"]), XMLElement("model", ["type": "virtio"])]),
                XMLElement("serial", ["type": "pty"], [XMLElement("target", ["port": "0"])]),
                XMLElement("console", ["type": "pty"], [XMLElement("target", ["type": "serial", "port": "0"])]),
                XMLElement(
                    "channel", ["type": "unix"],
                    [XMLElement("target", ["type": "virtio", "name": "org.qemu.guest_agent.0"])]),
                XMLElement(
                    "rng", ["model": "virtio"],
                    [XMLElement("backend", ["model": "random"], text: "/dev/urandom")]),
            ])
    }
}
