import type { Wheel } from '@mmsr/core';

/** The release of TensorFlow whose wheels are installed. */
export const TENSORFLOW_VERSION = '2.21.0';

/** The libraries, under the names of each system, and the headers that tfjs-node's C++ includes. */
const TENSORFLOW_MEMBERS = [
  'tensorflow/libtensorflow_cc.*',
  'tensorflow/libtensorflow_framework.*',
  'tensorflow/include/tensorflow/c/*',
  'tensorflow/include/tensorflow/core/platform/ctstring*',
  'tensorflow/include/tsl/platform/ctstring*',
  'tensorflow/include/xla/tsl/c/*',
];

/** TensorFlow looks for these by paths relative to its library; headers are not needed. */
const CUDA_MEMBERS = ['nvidia/*/lib/*', 'nvidia/*/bin/*', 'nvidia/*/nvvm/*'];

function tensorflow(name: string, platform: string, megabytes: number, sha256: string): Wheel {
  return {
    name,
    version: TENSORFLOW_VERSION,
    platform,
    python: 'cp311',
    sizeBytes: megabytes * 1e6,
    sha256,
    members: TENSORFLOW_MEMBERS,
  };
}

function cuda(
  name: string,
  version: string,
  platform: string,
  megabytes: number,
  sha256: string,
): Wheel {
  const sizeBytes = megabytes * 1e6;
  return { name, version, platform, sizeBytes, sha256, members: CUDA_MEMBERS };
}

/** What is downloaded for a platform, and what it takes. */
export interface Build {
  readonly wheels: readonly Wheel[];
  /** Of what is unpacked, the headers included. */
  readonly unpackedBytes: number;
}

/** The CPU builds by `platform-arch` of Node; the digests are those of the Python package index. */
export const CPU_BUILDS: Readonly<Record<string, Build>> = {
  'linux-x64': {
    wheels: [
      tensorflow(
        'tensorflow-cpu',
        'manylinux_2_27_x86_64',
        274,
        '2b847d217b02ee7731ed91431daf3250daa0196c3c94614d23be27232e6e5b6c',
      ),
    ],
    unpackedBytes: 860e6,
  },
  'linux-arm64': {
    wheels: [
      tensorflow(
        'tensorflow',
        'manylinux_2_27_aarch64',
        282,
        '4b24aca16d527a3cf1c37f720c04c484c3d20f4d0fdfa98632ac8b9f3be6eb5c',
      ),
    ],
    unpackedBytes: 890e6,
  },
  'darwin-arm64': {
    wheels: [
      tensorflow(
        'tensorflow',
        'macosx_12_0_arm64',
        224,
        '51f46f4806139d01fc7920cc72a4c75876f80649bf40ff083ab6212ceb43ca88',
      ),
    ],
    unpackedBytes: 750e6,
  },
};

/** The CUDA builds: TensorFlow and the libraries of its extra `and-cuda`, as pip resolved it. */
export const GPU_BUILDS: Readonly<Record<string, Build>> = {
  'linux-x64': {
    wheels: [
      tensorflow(
        'tensorflow',
        'manylinux_2_27_x86_64',
        573,
        '9056fbc9ba04235810b71ae6cbd958a196e8804fb53bbcffbf3e23b56155f124',
      ),
      cuda(
        'nvidia-cublas-cu12',
        '12.9.3.13',
        'manylinux_2_27_x86_64',
        582,
        'd7d51055f161b317c7105ddaae90e71eda059026074ffef93cf7cde2886bfe72',
      ),
      cuda(
        'nvidia-cuda-cupti-cu12',
        '12.8.90',
        'manylinux2014_x86_64',
        11,
        'ea0cb07ebda26bb9b29ba82cda34849e73c166c18162d3913575b0c9db9a6182',
      ),
      cuda(
        'nvidia-cuda-nvcc-cu12',
        '12.9.86',
        'manylinux2010_x86_64',
        41,
        '5d6a0d32fdc7ea39917c20065614ae93add6f577d840233237ff08e9a38f58f0',
      ),
      cuda(
        'nvidia-cuda-nvrtc-cu12',
        '12.9.86',
        'manylinux2010_x86_64',
        90,
        '210cf05005a447e29214e9ce50851e83fc5f4358df8b453155d5e1918094dcb4',
      ),
      cuda(
        'nvidia-cuda-runtime-cu12',
        '12.9.79',
        'manylinux2014_x86_64',
        4,
        '25bba2dfb01d48a9b59ca474a1ac43c6ebf7011f1b0b8cc44f54eb6ac48a96c3',
      ),
      cuda(
        'nvidia-cudnn-cu12',
        '9.28.0.42',
        'manylinux_2_27_x86_64',
        717,
        '9ff58b7f36dacd0a93e89f8f2957b52466889217963701daa15e577317cfa375',
      ),
      cuda(
        'nvidia-cufft-cu12',
        '11.4.1.4',
        'manylinux2014_x86_64',
        201,
        'c67884f2a7d276b4b80eb56a79322a95df592ae5e765cf1243693365ccab4e28',
      ),
      cuda(
        'nvidia-curand-cu12',
        '10.3.10.19',
        'manylinux_2_27_x86_64',
        69,
        '49b274db4780d421bd2ccd362e1415c13887c53c214f0d4b761752b8f9f6aa1e',
      ),
      cuda(
        'nvidia-cusolver-cu12',
        '11.7.5.82',
        'manylinux_2_27_x86_64',
        339,
        '15da72d1340d29b5b3cf3fd100e3cd53421dde36002eda6ed93811af63c40d88',
      ),
      cuda(
        'nvidia-cusparse-cu12',
        '12.5.10.65',
        'manylinux2014_x86_64',
        367,
        '73060ce019ac064a057267c585bf1fd5a353734151f87472ff02b2c5c9984e78',
      ),
      cuda(
        'nvidia-nccl-cu12',
        '2.32.3',
        'manylinux_2_27_x86_64',
        352,
        'bb94b2348e4861d5e8aa00b36c3d12d9bdf9c6369b82cbb723de0b582280a21c',
      ),
      cuda(
        'nvidia-nvjitlink-cu12',
        '12.9.86',
        'manylinux2010_x86_64',
        40,
        'e3f1171dbdc83c5932a45f0f4c99180a70de9bd2718c1ab77d14104f6d7147f9',
      ),
    ],
    unpackedBytes: 6e9,
  },
};
