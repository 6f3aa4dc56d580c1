import ApplianceSpec
import BuildPlanning
import ContentDigest
import Diagnostics
import Foundation
import Testing

/// A Kickstart and the YAML that `kickstart convert` makes of it have the same plan, step by step.
@Suite struct `A Kickstart's plan` {
    private static let files: [String: String] = [
        "small.ks": "url --url=archive:debian/trixie\n",
        "machine.ks": """
        url --url=archive:debian/bookworm
        lang de_DE --addsupport=en_US
        keyboard --xlayouts='us','de (nodeadkeys)' --switch=grp:alt_shift_toggle
        timezone --utc Europe/Berlin
        timesource --ntp-server=ntp.example.org
        rootpw --plaintext hunter2 --allow-ssh
        user --name=ada --groups=wheel,devs(1500) --password=secret --gecos="Ada L"
        group --name=crew --gid=1800
        network --bootproto=static --device=eth0 --ip=192.0.2.10 --netmask=255.255.255.0 --hostname=web-1.example.org
        firewall --enabled --service=http --port=8080:tcp
        selinux --permissive
        services --enabled=sshd --disabled=apt-daily.timer
        firstboot --disable
        skipx
        bootloader --timeout=3 --append="quiet net.ifnames=0" --password=geheim
        repo --name=backports --baseurl=archive:debian/bookworm-backports --cost=500 --includepkgs=nano
        repo --name=vendor "--baseurl=apt+https://apt.example.org/debian?suite=stable&signed-by=parts/vendor.gpg"
        %include parts/scripts.ks

        """,
        "parts/scripts.ks": """
        %packages --excludedocs --inst-langs=en
        curl
        python3-w*
        -nano
        %end
        %post --interpreter=/usr/bin/python3 --log=/root/post.log
        print("ü")
        \tx = 1
        %end
        %post --nochroot
          #!/bin/bash

        echo 'a: b' > $INSTALL_ROOT/x


        %end
        %certificate --filename=a.pem --dir=/etc/certs
        ABC
        %end

        """,
        "parts/vendor.gpg": "a keyring",
        "disk.ks": """
        url --url=archive:debian/trixie
        part /boot --fstype=ext4 --size=500 --ondisk=sda --label=boot --fsoptions=noatime
        part pv.01 --size=3000 --grow --ondisk=sda --encrypted --passphrase=secret:disk
        part /srv --fstype=xfs --size=500 --ondisk=sdb
        volgroup vg0 pv.01
        logvol / --vgname=vg0 --name=root --size=2000 --grow --fstype=xfs
        logvol swap --vgname=vg0 --name=swap --size=256

        """,
        "btrfs.ks": """
        url --url=archive:debian/trixie
        part btrfs.01 --size=2000 --grow
        btrfs none --label=system btrfs.01
        btrfs / --subvol --name=root LABEL=system
        btrfs /home --subvol --name=home LABEL=system

        """,
        "own.ks": """
        url --url=archive:debian/trixie
        %addon stonebake
        name: shop
        version: 3.0.0
        memory: 2 GiB
        files: [{path: /etc/motd, content: "hello\\n"}]
        checks: [{tcp: {port: 22}}]
        targets: [raw]
        %end

        """,
    ]

    @Test(arguments: ["small", "machine", "disk", "btrfs", "own"])
    func `is that of its YAML`(name: String) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        defer { try? FileManager.default.removeItem(at: folder) }
        for (path, text) in Self.files {
            let file = folder.appendingPathComponent(path)
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: file)
        }
        let compiler = SpecCompiler(workingDirectory: folder.path)
        let (yaml, said) = compiler.yaml("\(name).ks")
        let text = try #require(yaml, "\(said.rendered(as: .text))")
        try Data(text.utf8).write(to: folder.appendingPathComponent("\(name).yaml"))
        let (first, report) = compiler.compile("\(name).ks")
        let (second, other) = compiler.compile("\(name).yaml")
        let kickstart = try #require(first, "\(report.rendered(as: .text))")
        let converted = try #require(second, "\(other.rendered(as: .text))\n\(text)")
        let plans = try [kickstart, converted].map { appliance in
            let request = try #require(appliance.resolutionRequest())
            let lock = Lockfile(
                spec: LockedSpec(
                    name: appliance.name.value, version: appliance.version.value, inputs: request.inputs()),
                timestamp: 1, repositories: [], packages: [], tools: [], wheels: [])
            return BuildPlan(appliance: appliance, lock: lock, hostFiles: [:])
        }
        #expect(plans[0].steps.map(\.digest) == plans[1].steps.map(\.digest))
        for (left, right) in zip(plans[0].steps, plans[1].steps) {
            #expect(right.inputs.differences(from: left.inputs) == [])
        }
        #expect(plans[0].lock.spec.inputs.differences(from: plans[1].lock.spec.inputs) == [])
        #expect(kickstart.targets.map(\.value) == converted.targets.map(\.value))
        #expect(kickstart.checks.map(\.name) == converted.checks.map(\.name))
        #expect(kickstart.memory == converted.memory && kickstart.ports == converted.ports)
    }
}
