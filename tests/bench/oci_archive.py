# SPDX-License-Identifier: Apache-2.0
"""An oci-archive of one large layer, and its layer as a file of its own."""

import hashlib
import io
import json
import os
import subprocess
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


# By name: the end of the file's name, that of the media type, who packs.
PACKINGS = {"plain": ("", "", None), "gzip": (".gz", "+gzip", ["gzip", "-1", "-n", "-c"]),
            "zstd": (".zst", "+zstd", ["zstd", "-1", "-q", "-c"])}


def digest_of(path):
    with open(path, "rb") as file:
        return "sha256:" + hashlib.file_digest(file, "sha256").hexdigest()


def make(folder, mebibytes, packing):
    """(archive, layer): paths."""
    end, kind, packer = PACKINGS[packing]
    plain = folder / "layer.tar"
    with open(plain, "wb") as file:
        inner = Hashed(file)
        write_layer(inner, mebibytes)
    layer_path, name = plain, inner.digest
    if packer:
        layer_path = folder / f"layer.tar{end}"
        with open(layer_path, "wb") as file:
            subprocess.run([*packer, plain], stdout=file, check=True)
        plain.unlink()
        name = digest_of(layer_path)
    config = json.dumps({"architecture": "amd64", "os": "linux", "config": {"Cmd": ["/none"]},
                         "rootfs": {"type": "layers", "diff_ids": [inner.digest]}}).encode()
    blobs = {}

    def add(data, media_type, **more):
        name = "sha256:" + hashlib.sha256(data).hexdigest()
        blobs[name] = data
        return {"mediaType": f"application/vnd.oci.image.{media_type}", "digest": name, "size": len(data), **more}

    layer = {"mediaType": "application/vnd.oci.image.layer.v1.tar" + kind, "digest": name,
             "size": layer_path.stat().st_size}
    manifest = add(json.dumps({"schemaVersion": 2, "config": add(config, "config.v1+json"),
                               "layers": [layer]}).encode(), "manifest.v1+json",
                   annotations={"org.opencontainers.image.ref.name": "bench/large:1"})
    index = json.dumps({"schemaVersion": 2, "manifests": [manifest]}).encode()
    archive = folder / f"{layer_path.name}.oci"
    with tarfile.open(archive, "w") as tar:
        tar.add(layer_path, f"blobs/sha256/{name[7:]}")
        for name, data in [*((f"blobs/sha256/{blob[7:]}", data) for blob, data in blobs.items()),
                           ("oci-layout", b'{"imageLayoutVersion":"1.0.0"}'), ("index.json", index)]:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return archive, layer_path
