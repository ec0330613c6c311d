"""Lists the members of a tar as JSON: path -> type, mode, owner, content hash, link; written apart from the program it checks."""
import hashlib
import json
import sys
import tarfile

KINDS = {tarfile.DIRTYPE: "dir", tarfile.SYMTYPE: "symlink", tarfile.CHRTYPE: "char", tarfile.BLKTYPE: "block", tarfile.FIFOTYPE: "fifo"}


def listing(path):
    found, links = {}, {}
    with tarfile.open(path) as archive:
        for member in archive:
            name = "/".join(part for part in member.name.split("/") if part not in ("", "."))
            if not name:
                continue
            entry = {"mode": "%04o" % member.mode, "uid": member.uid, "gid": member.gid}
            if member.islnk():
                links[name] = member.linkname
                continue
            if member.isreg():
                content = archive.extractfile(member).read()
                entry.update(type="file", size=len(content), sha256=hashlib.sha256(content).hexdigest())
            else:
                entry["type"] = KINDS[member.type]
            if member.issym():
                entry.update(linkname=member.linkname, mode="0777")
            prefix = "SCHILY.xattr."
            xattrs = {k[len(prefix):]: v for k, v in member.pax_headers.items() if k.startswith(prefix)}
            if xattrs:
                entry["xattrs"] = xattrs
            found[name] = entry
    for name, target in links.items():
        found[name] = dict(found[target], hardlink=target)
    return found


json.dump(listing(sys.argv[1]), sys.stdout)
