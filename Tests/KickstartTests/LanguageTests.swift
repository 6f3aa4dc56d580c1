import Diagnostics
import Kickstart
import Testing

@Suite struct LanguageTests {
    @Test func `several errors are reported at once, each at its word`() {
        let reading = read(
            """
            lang en_US.UTF-8
            partt / --size=1
            part / --siz=1 --fstyp ext4 --onfoo=1
            part /x --size=big
            services
            """)
        #expect(
            reading.errors == [
                "test.ks:2:1: there is no command 'partt'",
                "test.ks:3:29: 'part' has no option '--onfoo'",
                "test.ks:4:9: --size has to be a whole number, not 'big'",
                "test.ks:5:1: services needs --enabled or --disabled",
            ])
        #expect(reading.report.diagnostics.first?.hint == "did you mean 'part'?")
        #expect(reading.document.commands.count == 1)
    }

    @Test func `a partition keeps its values and their places`() throws {
        let reading = read("partition /boot//efi/ --fstype='vfat' --size 512 --ondisk=sda --gro\n")
        #expect(reading.errors == [])
        guard case .partition(let part)? = reading.document.commands.first?.command else {
            Issue.record("no partition")
            return
        }
        #expect(part.mountPoint.value == "/boot/efi")
        #expect(part.mountPoint.range?.start == SourcePosition(line: 1, column: 11))
        #expect(part.size?.value == 512)
        #expect(part.size?.range?.description == "test.ks:1:46")
        #expect(part.fstype?.value == "vfat")
        #expect(part.grow.value)
        #expect(!part.asprimary.value)
        #expect(part.asprimary.range == nil)
        #expect(reading.document.commands.first?.name.value == "partition")
    }
}
