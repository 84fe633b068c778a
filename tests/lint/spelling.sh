#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# codespell finds no known misspelling in what people read.
set -eu
cd "$(dirname "$0")/../.."
git ls-files -z -- '*.c' '*.h' '*.md' '*.py' '*.sh' '*.txt' '*.in' '*.cmake' ':!tests/fuzz/corpus' ':!tests/data' |
	xargs -0 codespell -L 'aci,ans,crate,fo,nd,te,ot,files,creat,unx,inout,fpr,iif'
echo "no misspelling found"
