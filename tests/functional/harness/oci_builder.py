# SPDX-License-Identifier: Apache-2.0
"""
Images of OCI and Docker made by hand, good ones and bad ones: as a layout, as one archive, as
`docker save` writes them.  What real tools make is tested with the tools.
"""

import gzip
import hashlib
import io
import json
import os
import tarfile

INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar"
REF_NAME = "org.opencontainers.image.ref.name"


def digest(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def entry(name, content=None, **fields):
    """A member of a layer: (header, content)."""
    info = tarfile.TarInfo(name)
    info.mtime = 1_000_000_000
    info.mode = 0o755 if name.endswith("/") else 0o644
    if name.endswith("/"):
        info.type = tarfile.DIRTYPE
    for key, value in fields.items():
        setattr(info, key, value)
    if content is not None:
        info.size = len(content)
    return info, content


def link(name, target):
    return entry(name, type=tarfile.SYMTYPE, linkname=target)


def hard_link(name, target):
    return entry(name, type=tarfile.LNKTYPE, linkname=target)


def layer(*entries):
    """The bytes of a layer's archive."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for info, content in entries:
            tar.addfile(info, None if content is None else io.BytesIO(content))
    return out.getvalue()


class OciImage:
    """
    Blobs, and the documents that name them.  Each part may be changed before it is written:
    blobs are by digest, but what is written under a digest need not have it.
    """

    def __init__(self, layers, run=None, packed=True, **config):
        self.blobs = {}
        self.layers = [self.add(gzip.compress(data, 1, mtime=0) if packed else data) for data in layers]
        self.plain = layers
        self.config = {
            "architecture": "amd64", "os": "linux", "config": run or {},
            "rootfs": {"type": "layers", "diff_ids": [digest(data) for data in layers]}, **config}
        self.layer_type = LAYER + ("+gzip" if packed else "")

    def add(self, data):
        self.blobs[digest(data)] = data
        return {"digest": digest(data), "size": len(data)}

    def add_json(self, document, media_type, **more):
        return {"mediaType": media_type, **self.add(json.dumps(document).encode()), **more}

    def manifest(self, **more):
        """The descriptor of the image's manifest."""
        document = {"schemaVersion": 2, "mediaType": MANIFEST,
                    "config": self.add_json(self.config, CONFIG),
                    "layers": [{"mediaType": self.layer_type, **layer} for layer in self.layers]}
        return self.add_json(document, MANIFEST, **more)

    def files(self, *manifests):
        """All files of a layout, by name."""
        index = {"schemaVersion": 2, "manifests": list(manifests) or [
            self.manifest(annotations={REF_NAME: "v1"})]}
        files = {f"blobs/sha256/{name.partition(':')[2]}": data for name, data in self.blobs.items()}
        files["index.json"] = json.dumps(index).encode()
        files["oci-layout"] = b'{"imageLayoutVersion":"1.0.0"}'
        return files

    def docker_files(self, tag="localhost/made:v1"):
        config = json.dumps(self.config).encode()
        name = hashlib.sha256(config).hexdigest() + ".json"
        layers = [f"{i}/layer.tar" for i in range(len(self.plain))]
        items = [{"Config": name, "RepoTags": [tag], "Layers": layers}]
        return {**dict(zip(layers, self.plain)), name: config, "manifest.json": json.dumps(items).encode()}


def write_layout(path, files):
    for name, data in files.items():
        place = os.path.join(path, name)
        os.makedirs(os.path.dirname(place), exist_ok=True)
        with open(place, "wb") as file:
            file.write(data)
    return path


def write_archive(path, files):
    with open(path, "wb") as out:
        out.write(layer(*(entry(name, data) for name, data in files.items())))
    return path
