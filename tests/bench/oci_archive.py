# SPDX-License-Identifier: Apache-2.0
"""An oci-archive of one large layer, written in one stream, and its layer as a file of its own."""

import gzip
import hashlib
import io
import json
import os
import tarfile

FILE_BYTES = 1 << 20


class Hashed:
    """A file that is hashed while it is written."""

    def __init__(self, out):
        self.out = out
        self.hash = hashlib.sha256()

    def write(self, data):
        self.hash.update(data)
        return self.out.write(data)

    def flush(self):
        self.out.flush()

    @property
    def digest(self):
        return "sha256:" + self.hash.hexdigest()


def write_layer(out, mebibytes):
    """Files of 1 MiB that pack to about half."""
    noise = os.urandom(FILE_BYTES // 2)
    with tarfile.open(fileobj=out, mode="w|", format=tarfile.PAX_FORMAT) as tar:
        for i in range(mebibytes):
            line = f"line {i} of something that packs well\n".encode()
            text = line * (FILE_BYTES // len(line) + 1)
            info = tarfile.TarInfo(f"data/{i // 100}/{i}")
            info.size = FILE_BYTES
            tar.addfile(info, io.BytesIO((noise[i % 1000:] + text)[:FILE_BYTES]))


def make(folder, mebibytes, packed):
    """(archive, layer): paths."""
    layer_path = folder / ("layer.tar.gz" if packed else "layer.tar")
    with open(layer_path, "wb") as file:
        outer = Hashed(file)
        if packed:
            with gzip.GzipFile(fileobj=outer, mode="wb", compresslevel=1, mtime=0) as packer:
                inner = Hashed(packer)
                write_layer(inner, mebibytes)
        else:
            inner = outer
            write_layer(inner, mebibytes)
    config = json.dumps({"architecture": "amd64", "os": "linux", "config": {"Cmd": ["/none"]},
                         "rootfs": {"type": "layers", "diff_ids": [inner.digest]}}).encode()
    blobs = {}

    def add(data, media_type, **more):
        name = "sha256:" + hashlib.sha256(data).hexdigest()
        blobs[name] = data
        return {"mediaType": f"application/vnd.oci.image.{media_type}", "digest": name, "size": len(data), **more}

    layer = {"mediaType": "application/vnd.oci.image.layer.v1.tar" + ("+gzip" if packed else ""),
             "digest": outer.digest, "size": layer_path.stat().st_size}
    manifest = add(json.dumps({"schemaVersion": 2, "config": add(config, "config.v1+json"),
                               "layers": [layer]}).encode(), "manifest.v1+json",
                   annotations={"org.opencontainers.image.ref.name": "bench/large:1"})
    index = json.dumps({"schemaVersion": 2, "manifests": [manifest]}).encode()
    archive = folder / f"{layer_path.name}.oci"
    with tarfile.open(archive, "w") as tar:
        tar.add(layer_path, f"blobs/sha256/{outer.digest[7:]}")
        for name, data in [*((f"blobs/sha256/{name[7:]}", data) for name, data in blobs.items()),
                           ("oci-layout", b'{"imageLayoutVersion":"1.0.0"}'), ("index.json", index)]:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return archive, layer_path
